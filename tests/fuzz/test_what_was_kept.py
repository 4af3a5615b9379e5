"""However a file of what is to be delivered is damaged, it stops nothing and holds up no other one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow import MlflowClient
from tests.fuzz.mutations import damaged_bytes, edited_json

from image_classification.tracking.delivery import leftovers
from image_classification.tracking.store.place import Store

METRIC: dict[str, object] = {"key": "train/loss", "value": 0.5, "timestamp": 1, "step": 1}
LINES = (
    {
        "kind": "metrics",
        "content": [METRIC, METRIC | {"step": 2, "dataset_name": "a", "dataset_digest": "b"}],
    },
    {"kind": "parameters", "content": {"network.name": "convnet"}},
    {"kind": "tags", "content": {"killed_by": "SIGTERM", "data.name": "made up"}},
    {"kind": "file", "content": {"path": "/p/mlpending/a.files/out/a.txt", "folder": "out"}},
    {"kind": "end", "content": {"status": "KILLED", "time": 5}},
)
PROCESS = {"process.host": "a", "process.machine": "b", "process.number": "3", "process.started": "4"}


@pytest.fixture(scope="module")
def store(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    database = tmp_path_factory.mktemp("store") / "mlflow.db"
    database.write_bytes(Path(empty_database).read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leftovers, "is_gone", lambda process: all(map(str.isascii, process.values())))
        yield Store(f"sqlite:///{database}")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_kept(store: Store, tmp_path: Path, data: st.DataObject) -> None:
    client = MlflowClient(store.uri)
    runs = [client.create_run("0").info.run_id for _ in range(2)]
    pending = tmp_path / "mlpending"
    pending.mkdir(exist_ok=True)

    def whole(run_id: str) -> list[object]:
        return [{"run_id": run_id, "store": store.shown, "process": PROCESS}, *LINES]

    def text(lines: list[object]) -> bytes:
        return "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    edited = edited_json(whole(runs[0])).map(lambda it: text(it if isinstance(it, list) else [it]))
    damaged = data.draw(st.one_of(damaged_bytes(text(whole(runs[0])), text(whole("a"))), edited))
    (pending / "a.jsonl").write_bytes(damaged)
    (pending / "b.jsonl").write_bytes(text(whole(runs[1])))
    leftovers.deliver_leftovers(client, store, pending)
    record = client.get_run(runs[1])
    assert record.info.status == "KILLED"
    assert record.data.tags.items() >= {"killed_by": "SIGTERM", "data.name": "made up"}.items()
    assert len(client.get_metric_history(runs[1], "train/loss")) == 2
    assert not (pending / "b.jsonl").exists()
    leftovers.deliver_leftovers(client, store, pending)
    for path in pending.glob("a.*"):
        path.unlink()
