"""The evaluator against a real HTTP server on loopback that replays recorded replies."""

import json
import socket
import stat
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scanners.errors import ScannerError
from scanners.undeclared.detectors import PersonalKind, Reason
from scanners.undeclared.detectors.endpoint import Endpoint, NotAnsweredError
from scanners.undeclared.detectors.evaluator import FAILURES_AT_MOST, Evaluator, answer
from scanners.undeclared.detectors.judgement import LIKELY
from scanners.undeclared.detectors.spending import Spending

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
KEY = "sk-canary-key"
VALUES = [f"quirin.canary{number}@example.com" for number in range(50)]


def recorded(content, *, tokens=321):
    """A reply as an OpenAI-compatible server sends it (recorded from one, ids and times made even)."""
    return 200, {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1763800000,
        "model": "small-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": tokens - 14, "completion_tokens": 14, "total_tokens": tokens},
    }


EMAIL = recorded('{"kind": "email", "confidence": 0.97}')


class Replay(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies, self.asked, self.meanwhile = [], [], lambda: None
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body.decode()))
        self.server.meanwhile()
        status, reply = self.server.replies[min(len(self.server.asked), len(self.server.replies)) - 1]
        said = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        self.send_response(status)
        if status == 307:
            self.send_header("Location", f"{self.server.url}/chat/completions")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Replay() as replay:
        thread = threading.Thread(target=replay.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield replay
        replay.shutdown()
        thread.join()


@pytest.fixture
def evaluator(server, tmp_path):
    def made(*, run=100, day=100, tokens=100_000, now=NOW, model="small-1", url=None, key=KEY):
        return Evaluator(
            endpoint=Endpoint(url=url or server.url, model=model, timeout_seconds=5, key=key),
            spending=Spending(path=tmp_path / "s" / "e.db", requests_per_day=day, tokens_per_day=tokens),
            requests_per_run=run,
            now=lambda: now,
        )

    return made


def test_a_recorded_reply_is_a_judgement_no_surer_than_a_model_may_be(server, evaluator, column):
    server.replies = [EMAIL]
    said = evaluator().judge(column("contact", VALUES))
    assert (said.kind, said.confidence, said.reason) == (PersonalKind.EMAIL, LIKELY, Reason.MODEL)
    [(path, headers, _)] = server.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"


def test_what_is_sent_has_name_type_and_shapes_and_nothing_of_a_value(server, evaluator, column):
    server.replies = [EMAIL]
    evaluator().judge(column("contact", VALUES))
    [(_, _, body)] = server.asked
    question = json.loads(json.loads(body)["messages"][1]["content"])
    assert question["column"] == "contact"
    assert question["type"] == "varchar"
    assert {one["shape"] for one in question["shapes"]} == {"a.a9@a.a", "a.a99@a.a"}
    assert "quirin" not in body
    assert "canary" not in body
    assert "example" not in body


def test_none_is_nothing_found_and_unknown_is_told(server, evaluator, column):
    server.replies = [
        recorded('{"kind": "none", "confidence": 0.9}'),
        recorded('{"kind": "unknown", "confidence": 0}'),
    ]
    asking = evaluator()
    assert asking.judge(column("sku", VALUES)) is None
    said = asking.judge(column("thing", VALUES))
    assert (said.kind, said.confidence, said.reason) == (PersonalKind.UNKNOWN, 0.0, Reason.MODEL_UNSURE)


@pytest.mark.parametrize(
    "content",
    [
        "It holds e-mail addresses.",
        "",
        "null",
        "[]",
        "{}",
        '{"kind": "email"}',
        '{"kind": "email", "confidence": 0.9, "why": "name"}',
        '{"kind": "mailbox", "confidence": 0.9}',
        '{"kind": ["email"], "confidence": 0.9}',
        '{"kind": "email", "confidence": 7}',
        '{"kind": "email", "confidence": NaN}',
        '{"kind": "email", "confidence": true}',
        '{"kind": "email", "confidence": "high"}',
        '```json\n{"kind": "none", "confidence": 1}\n```',
        "[" * 20_000,
    ],
)
def test_an_answer_out_of_form_is_none(content):
    assert answer(content) is None


def test_a_reply_out_of_form_is_unknown_and_is_not_remembered(server, evaluator, column):
    server.replies = [recorded("It holds e-mail addresses."), EMAIL]
    asking = evaluator()
    assert asking.judge(column("c", VALUES)).reason is Reason.MODEL_UNSURE
    assert asking.judge(column("c", VALUES)).kind is PersonalKind.EMAIL


@pytest.mark.parametrize(
    "reply",
    [
        (500, {"error": {"message": "overloaded"}}),
        (401, {"error": {"message": "bad key"}}),
        (307, {}),
        (200, b"<html>proxy</html>"),
        (200, b"\xff\xfe"),
        (200, b"[" * 60_000),
        (200, b" " * 70_000 + b"{}"),
        (200, {"choices": []}),
        (200, {"choices": [{"message": {"content": None}}]}),
        (200, []),
    ],
)
def test_a_reply_that_is_not_of_the_api_is_not_answered(server, reply):
    server.replies = [reply]
    with pytest.raises(NotAnsweredError):
        Endpoint(url=server.url, model="m", timeout_seconds=5).ask("instruction", "question")
    assert len(server.asked) == 1


def test_no_usable_reply_is_could_not_ask_after_two_attempts(server, evaluator, column):
    server.replies = [(500, {"error": {"message": "overloaded"}})]
    said = evaluator().judge(column("c", VALUES))
    assert (said.kind, said.reason) == (PersonalKind.UNKNOWN, Reason.COULD_NOT_ASK)
    assert len(server.asked) == 2


def test_the_second_attempt_may_succeed(server, evaluator, column):
    server.replies = [(503, {}), EMAIL]
    assert evaluator().judge(column("c", VALUES)).kind is PersonalKind.EMAIL


def test_an_endpoint_that_is_not_there_is_left_alone_after_three_questions(evaluator, column):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        asking = evaluator(url=f"http://127.0.0.1:{free.getsockname()[1]}/v1")
        for number in range(FAILURES_AT_MOST + 3):
            assert asking.judge(column(f"c{number}", VALUES)).reason is Reason.COULD_NOT_ASK
    assert asking.spending.spent("2026-11-22")[0] == 2 * FAILURES_AT_MOST


def test_the_same_question_is_asked_once_and_another_model_is_asked_anew(server, evaluator, column):
    server.replies = [EMAIL]
    first = evaluator().judge(column("c", VALUES))
    assert evaluator().judge(column("c", VALUES, asset="elsewhere")) == first
    assert len(server.asked) == 1
    evaluator(model="other").judge(column("c", VALUES))
    evaluator().judge(column("c2", VALUES))
    assert len(server.asked) == 3


def test_a_spent_budget_of_the_run_or_the_day_is_unknown_and_nothing_is_sent(server, evaluator, column):
    server.replies = [EMAIL]
    asking = evaluator(run=1)
    asking.judge(column("c1", VALUES))
    assert asking.judge(column("c2", VALUES)).reason is Reason.BUDGET_SPENT
    assert evaluator(day=1).judge(column("c3", VALUES)).reason is Reason.BUDGET_SPENT
    assert len(server.asked) == 1
    tomorrow = evaluator(day=1, now=NOW + timedelta(days=1))
    assert tomorrow.judge(column("c3", VALUES)).kind is PersonalKind.EMAIL


def test_tokens_are_reserved_first_and_settled_by_what_the_reply_says(server, evaluator, column):
    server.replies = [EMAIL]
    meanwhile = []
    asking = evaluator(tokens=2000)
    server.meanwhile = lambda: meanwhile.append(asking.spending.spent("2026-11-22"))
    asking.judge(column("c1", VALUES))
    [(requests, reserved)] = meanwhile
    assert requests == 1
    assert reserved > 321
    assert asking.spending.spent("2026-11-22") == (1, 321)
    assert evaluator(tokens=322).judge(column("c2", VALUES)).reason is Reason.BUDGET_SPENT


def test_the_state_is_private_and_holds_no_name_of_a_column(server, evaluator, column, tmp_path):
    server.replies = [EMAIL]
    evaluator().judge(column("secretive_column", VALUES))
    path = tmp_path / "s" / "e.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"secretive_column" not in path.read_bytes()
    assert b"canary" not in path.read_bytes()


def test_a_state_that_cannot_be_used_stops_before_anything_is_sent(server, evaluator, column, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "e.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(ScannerError, match="its state file cannot be used") as raised:
        evaluator().judge(column("c", VALUES))
    assert str(tmp_path) not in str(raised.value)
    assert not server.asked


def test_the_key_is_in_no_repr(evaluator):
    assert KEY not in repr(evaluator())
