"""The claims page shows every claim with its numbers, and each race opens from a link."""

import pytest

from experiments.claims import CLAIMS
from tests.pages.scenes import opened


@pytest.mark.xdist_group("claims")  # where the other tests of claims have measured them
def test_every_claim_is_shown_with_its_numbers() -> None:
    app = opened("pages/claims.py")
    assert not app.exception
    assert [s.value for s in app.header] == [claim.title for claim in CLAIMS.values()]
    text = "\n".join(m.value for m in app.markdown)
    for claim in CLAIMS.values():
        assert claim.claim in text and claim.reason in text
        for what, value in claim.measured:
            assert f"{what}: **{value:.4g}**" in text
