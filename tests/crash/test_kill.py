"""A venue that is killed loses nothing that anybody was told; the long run is `python -m tests.crash KILLS [SEED]`."""

import asyncio

from tests.crash.campaign import campaign


def test_nothing_that_anybody_was_told_is_lost_by_a_kill(tmp_path):
    scene, kills = asyncio.run(campaign(tmp_path / "venue", 4, 5, traders=3, witnesses=4, snapshot_every=1_000))

    assert 5 == len(kills)
    assert sum(kill.taken for kill in kills) > 1_000
    assert all(len(witness.reports) > 100 and witness.connections > 5 for witness in scene.witnesses)
