"""Sixteen notebooks on three environments, executed and rendered: ours against papermill and nbconvert, scripts, and bare work.

python -m tests.benchmarks.batch [--rounds N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from tests.benchmarks import contest, sheet
from tests.benchmarks.meter import Cost, interleaved, median, ratio
from tests.benchmarks.sheet import Sheet, Target, tell
from tests.benchmarks.stub import Stub, running

ROUNDS = 5
LATENCY = 0.05  # seconds that each answer takes in the second half
LOOP_RUNS = 3  # of the loop that are measured in a round, then scaled: all of them take minutes, and runs are independent
SCRIPT_RUNS = 12  # of the scripts
JOBS, MANY_JOBS = 2, 8
CLI, CLI_SLOW = "papermill + nbconvert", "papermill + nbconvert, 50 ms"
OURS, OURS_HALF, OURS_SLOW = "runbooks run --jobs 2", "the same, 24 runs", "runbooks run --jobs 8, 50 ms"
SCRIPTS, BARE = "plain scripts, 2 at a time", "bare work, 2 forked children"


def measure(stub: Stub, rounds: int = ROUNDS) -> Sheet:
    """Return the costs of 48 runs and what they are of each other."""
    with contest.notebooks() as names:
        every = contest.pairs(names)
        some, few = contest.sampled(every, SCRIPT_RUNS), contest.sampled(every, LOOP_RUNS)
        contest.record(names)
        work = {
            CLI: _scaled(contest.loop(few), len(every) / LOOP_RUNS),
            OURS: contest.ours(names, JOBS),
            OURS_HALF: contest.ours(names[: len(names) // 2], JOBS),
            SCRIPTS: _scaled(contest.scripts(some, JOBS), len(every) / SCRIPT_RUNS),
            BARE: contest.bare(every, JOBS),
            CLI_SLOW: _slow(stub, _scaled(contest.loop(few), len(every) / LOOP_RUNS)),
            OURS_SLOW: _slow(stub, contest.ours(names, MANY_JOBS)),
        }
        stub.restart_count()
        costs = interleaved(work, rounds, tell=tell)
        did = stub.status()
    made = _sheet(costs, rounds, len(every))
    made.notes.append(
        f"{LOOP_RUNS} runs of the loop and {SCRIPT_RUNS} scripts were measured in each round, and scaled to {len(every)}; "
        f"the stub took {100 * did['cpu'] / did['wall']:.0f}% of one processor, and {len(did['missed'])} answers were not on its tape"
    )
    return made


def _sheet(costs: Mapping[str, list[Cost]], rounds: int, runs: int) -> Sheet:
    title = f"{runs} runs, executed and rendered (medians of {rounds} interleaved rounds; ratios within a round, their median)"
    made = Sheet(title, ("", "wall", "cpu", "wall of loop", "cpu of loop"))
    for name, found in costs.items():
        cost, of = median(found), ratio(found, costs[CLI_SLOW if name in (CLI_SLOW, OURS_SLOW) else CLI])
        made.rows.append((name, f"{cost.wall:.1f} s", f"{cost.cpu:.1f} s", f"{of.wall:.3f}", f"{of.cpu:.3f}"))
    ours, loop, second = costs[OURS], ratio(costs[OURS], costs[CLI]), ratio(costs[OURS], costs[OURS_HALF])
    made.targets = [
        Target("50 ms an answer, 8 children: wall, of the loop's", ratio(costs[OURS_SLOW], costs[CLI_SLOW]).wall, 1 / 15),
        Target("no latency, 2 children: wall, of the loop's", loop.wall, 1 / 10),
        Target("no latency, 2 children: cpu, of the loop's", loop.cpu, 1 / 10),
        Target("cpu, of plain scripts'", ratio(ours, costs[SCRIPTS]).cpu, 0.5),
        Target("cpu, of bare work's in forked children", ratio(ours, costs[BARE]).cpu, 2.0),
        Target("wall of the second 24 runs, of the first 24", second.wall - 1, 1.0),
        Target("cpu of the second 24 runs, of the first 24", second.cpu - 1, 1.0),
    ]
    return made


def _scaled(one: Callable[[], Cost], factor: float) -> Callable[[], Cost]:
    return lambda: one().times(factor)


def _slow(stub: Stub, one: Callable[[], Cost]) -> Callable[[], Cost]:
    def work() -> Cost:
        stub.latency(LATENCY)
        try:
            return one()
        finally:
            stub.latency(0.0)

    return work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.batch")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    with running() as stub:
        sheet.show(measure(stub, options.rounds))


if __name__ == "__main__":
    main()
