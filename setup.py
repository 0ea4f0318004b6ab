"""What setup.cfg cannot say: a wheel carries `sql/` inside the package. A checkout reads the files where they are."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithSql(build_py):
    """Copies `sql/` beside the modules of a wheel; an editable install is the checkout itself."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.copytree("sql", Path(self.build_lib) / "nba_props" / "sql", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithSql})
