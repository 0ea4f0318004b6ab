"""Labels and sums of the step at work."""

import pytest

from nba_props.io.job_context import add_usage, job_context, job_labels, label_value


def test_a_step_labels_the_jobs_in_it_and_no_others() -> None:
    assert job_labels() == {}
    with job_context(asset="predictions/staging_xgboost_v1", partition="2024-01-15", run_id="Ab-12"):
        labels = {"asset": "predictions_staging_xgboost_v1", "partition": "2024-01-15", "run": "ab-12"}
        assert job_labels() == labels
        with job_context(asset="inner", partition="", run_id="2") as inner:
            assert job_labels() == {"asset": "inner", "run": "2"}
            add_usage(1, 2, 3)
        assert (inner.bytes_processed, inner.bytes_billed, inner.slot_ms) == (1, 2, 3)
        assert job_labels() == labels
    assert job_labels() == {}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("predictions/xgboost_v1_model/2024-01", "predictions_xgboost_v1_model_2024-01"),
        ("Nikola Jokić", "nikola_joki_"),
        ("x" * 80, "x" * 63),
    ],
)
def test_labels_are_what_bigquery_takes(text: str, label: str) -> None:
    assert label_value(text) == label
