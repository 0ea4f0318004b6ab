"""`alerts`: look at slates, tell the channels what they do not know, and say what is open."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from nba_props.cli import shared
from nba_props.cli.screen import note, show, show_json
from nba_props.cli.shared import AsJson, Home

if TYPE_CHECKING:
    from nba_props.alerting import Sending, Standing, Watch
    from nba_props.platform import Platform

_COLOURS = {"warning": "yellow", "critical": "red", "resolved": "green"}


def say_if_unconfigured(platform: "Platform") -> None:
    """One line where nobody would be told of anything: at the start of what runs for long or alone."""
    if not platform.settings.alert_channel_urls:
        from nba_props.io.notify import NOT_CONFIGURED

        note(NOT_CONFIGURED)


def alerts(
    date: Annotated[
        str | None,
        typer.Argument(
            metavar="DATE", help="Slate date (default: today, yesterday, and all with open alerts).", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; send and record nothing.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Look at slates and alert each channel to what is new. Exit: 0 nothing open, 1 warnings, 2 critical or a refusal."""
    platform = shared.with_data(home)
    say_if_unconfigured(platform)
    shared.settle(platform)

    from nba_props.alerting import dates_to_watch, watch
    from nba_props.automation.past import automation_of
    from nba_props.instance import open_instance

    days = dates_to_watch(platform) if date is None else [shared.day_of(date, platform)]
    with open_instance(platform) as instance:
        automation = automation_of(instance, platform, days)
    found = watch(platform, *days, automation=automation, is_dry=dry_run)
    if as_json:
        show_json(_as_json(found))
    else:
        _print(found)
    raise typer.Exit(found.exit_code)


def _print(found: "Watch") -> None:
    days = ", ".join(map(str, found.game_dates))
    show(f"[bold]{len(found.open)} alerts open[/bold]  {days}  channels: {', '.join(found.channels) or 'none'}")
    for one in found.standing:
        word = _word(one)
        what = f"{one.alert.game_date} {one.alert.fingerprint}: {one.alert.text}"
        show(f"  [{_COLOURS[word]}]{word:<8}[/] {escape(what)}")
        if one.is_open:
            show(f"{'':<11}next step: {escape(one.alert.next_step)}  {escape(one.alert.link)}")
    for sending in found.sendings:
        show(f"  {escape(_sent(sending))}")


def _word(one: "Standing") -> str:
    return one.alert.severity.word if one.is_open else "resolved"


def _sent(one: "Sending") -> str:
    message = f"{one.channel}: {one.telling} {one.alert.fingerprint}"
    if one.is_dry:
        return f"would send to {message}"
    return f"sent to {message}" if one.refusal is None else f"REFUSED by {message}: {one.refusal}"


def _as_json(found: "Watch") -> dict[str, Any]:
    return {
        "game_dates": list(found.game_dates),
        "channels": list(found.channels),
        "alerts": [
            {
                "game_date": one.alert.game_date,
                "fingerprint": one.alert.fingerprint,
                "situation": one.alert.situation.value,
                "state": "open" if one.is_open else "resolved",
                "severity": one.alert.severity.word,
                "text": one.alert.text,
                "next_step": one.alert.next_step,
                "link": one.alert.link,
                "first_raised_at": one.first_raised_at,
                "sent_at": one.sent_at,
            }
            for one in found.standing
        ],
        "messages": [
            {
                "channel": one.channel,
                "fingerprint": one.alert.fingerprint,
                "telling": one.telling.value,
                "outcome": "dry" if one.is_dry else "sent" if one.refusal is None else "refused",
                "refusal": one.refusal,
            }
            for one in found.sendings
        ],
    }
