"""What a page sent to its app and what came back, as the page itself saw it.

`RECORDER` runs in the page before any of its scripts and copies the bodies that pass
through `fetch` and `EventSource`; `Traffic` reads those copies and gives each exchange as
an `Observation`, in the shape that the other drivers give. Exchanges are told apart by
event id: a session's events share one stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..app import App
from ..observation import Call, CallError, Message, Observation
from .exchange import applied

__all__ = ["RECORDER", "Exchange", "Traffic", "withholding"]

#: A page's clock is read until one reading took no longer than so many seconds, or so often.
QUICK, READINGS = 0.003, 25
#: Evaluates a JavaScript function in the page, with one argument.
Evaluate = Callable[[str, Any], Any]

RECORDER = """
(() => {
  if (window.__gradioHarness) return;
  const sent = [], got = [];
  window.__gradioHarness = {sent, got};
  const kindOf = address => {
    const path = new URL(address, location.href).pathname;
    if (/\\/queue\\/join\\/?$/.test(path)) return "join";
    if (/\\/queue\\/data$/.test(path)) return "data";
    return /\\/run(\\/[^/]+)?\\/?$/.test(path) ? "run" : "";
  };
  const take = (line, at) => {
    if (line.startsWith("data:"))
      try { got.push({at, size: line.length, data: JSON.parse(line.slice(5))}); } catch {}
  };
  const follow = async response => {
    const reader = response.body.getReader(), decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      const at = performance.now();
      const lines = (rest + decoder.decode(value, {stream: true})).split("\\n");
      rest = lines.pop();
      lines.forEach(line => take(line, at));
    }
  };
  const original = window.fetch;
  window.fetch = async function (input, init) {
    const kind = kindOf(typeof input === "object" && "url" in input ? input.url : String(input));
    if (!kind) return original.apply(this, arguments);
    let entry = null;
    if (kind !== "data") {
      entry = {kind, at: performance.now(), body: null, status: 0, answer: null, ended: 0};
      try { entry.body = JSON.parse(init.body); } catch {}
      const withheld = window.__gradioHarnessWithheld || [];
      if (entry.body && withheld.includes(entry.body.fn_index)) return new Promise(() => {});
      sent.push(entry);
    }
    let response;
    try { response = await original.apply(this, arguments); }
    catch (error) {
      if (entry) { entry.status = -1; entry.ended = performance.now(); }
      throw error;
    }
    const copy = response.clone();
    if (!entry) follow(copy).catch(() => {});
    else copy.text().then(text => {
      try { entry.answer = JSON.parse(text); }
      catch { entry.answer = {detail: text.slice(0, 300)}; }
    }).catch(() => {}).finally(() => {
      entry.ended = performance.now();
      entry.status = response.status;
    });
    return response;
  };
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(address, options) {
      super(address, options);
      if (kindOf(address) === "data")
        this.addEventListener("message", e => take("data:" + e.data, performance.now()));
    }
  };
})();
"""

#: Runs in the page before `RECORDER`, which lets none of these events out to the app.
WITHHOLD = """
(withheld => {
  window.__gradioHarnessWithheld = withheld;
  let config;
  // A page that never sets them off stays calm: nothing loads for ever, no error is shown.
  const without = value => {
    for (const event of (value && value.dependencies) || [])
      if (withheld.includes(event.id)) {
        event.targets = event.targets.map(([component]) => [component, "withheld"]);
        event.trigger_after = null;
      }
    return value;
  };
  Object.defineProperty(window, "gradio_config", {
    configurable: true, get: () => config, set: value => { config = without(value); },
  });
})
"""


def withholding(indices: Collection[int]) -> str:
    """Return the script that keeps a page from setting off the events of these numbers."""
    return f"({WITHHOLD.strip()})({json.dumps(sorted(indices))});" if indices else ""


#: Only what is new: *sent* is small and grows slowly, *got* may hold pictures.
READ = """from => {
  const seen = window.__gradioHarness;
  return seen ? {sent: seen.sent.slice(from[0]), got: seen.got.slice(from[1])} : null;
}"""

REFUSALS = (401, 403, 413, 422, 429, 503)


@dataclass(slots=True)
class Exchange:
    """One event that the page sent: the request, and every message that came for it.

    *given_up* is when nobody waited for it any longer, 0 if it ended by itself.
    """

    index: int
    session: str
    body: Mapping[str, Any]
    started: float
    event_id: str = ""
    status: int = 0
    messages: tuple[Message, ...] = ()
    refusal: str = ""
    done: bool = False
    given_up: float = 0.0

    def observation(self, app: App, call: Call | None = None) -> Observation:
        """Return it in the drivers' common shape.

        The first message is of the kind "sent" and holds the body that the page posted;
        without a *call*, the inputs are what that body holds.
        """
        call = call or self._call(app)
        evidence = app.evidence(self.event_id, self.session)
        error = self._error()
        told = error is not None and error.kind in ("author", "unexpected")
        if error is not None and told and evidence is not None and evidence.exception:
            kind: Any = "author" if evidence.intended else "unexpected"
            error = CallError(kind, error.message or evidence.message, evidence.step)
        return Observation(
            call=call,
            driver="browser",
            started=self.started,
            ended=self.given_up or max((m.at for m in self.messages), default=self.started),
            messages=(Message("sent", self.started, self.body), *self.messages),
            outputs=None if error else self._outputs(),
            error=error,
            evidence=evidence,
            event_id=self.event_id,
        )

    def _call(self, app: App) -> Call:
        event = app.contract.by_index(self.index)
        inputs = tuple(self.body.get("data") or ())
        return Call(event.label if event else "", self.index, inputs, self.session)

    def _last(self) -> Message | None:
        ends = ("process_completed", "unexpected_error")
        return next((m for m in reversed(self.messages) if m.kind in ends), None)

    def _outputs(self) -> tuple[Any, ...] | None:
        last = self._last()
        return tuple((last.data.get("output") or {}).get("data") or ()) if last else None

    def _error(self) -> CallError | None:
        if self.status == -1:
            return CallError("transport", "the page could not reach the app", "route")
        if self.refusal:
            kind: Any = "refused" if self.status in REFUSALS else "unexpected"
            return CallError(kind, f"HTTP {self.status}: {self.refusal}", "route")
        last = self._last()
        if last is None:
            waited = self.given_up - self.started
            said = f"nothing came for {waited:.0f} s" if self.given_up else "it was still running"
            return CallError("timeout", said)
        if last.kind == "unexpected_error":
            return CallError("unexpected", str(last.data.get("message", "")), "queue")
        output = last.data.get("output") or {}
        if last.data.get("success", True) and "data" in output:
            return None
        meant = "duration" in output
        return CallError("author" if meant else "unexpected", str(output.get("error") or ""))


class Traffic:
    """Everything a page has exchanged with its app since it was opened.

    `read` fetches what is new; *offset* is what turns the page's clock into this
    process's monotonic one.
    """

    def __init__(self, evaluate: Evaluate, now: Callable[[], float]) -> None:
        self._evaluate = evaluate
        self.offset = _offset(evaluate, now)
        self.exchanges: list[Exchange] = []
        self._waiting: list[tuple[Exchange, int]] = []
        self._orphans: dict[str, list[Message]] = {}
        self._sent = self._got = 0

    def read(self) -> list[Exchange]:
        """Return all exchanges so far, oldest first."""
        new = self._evaluate(READ, [self._joined(), self._got])
        if new is None:
            return self.exchanges
        for number, entry in enumerate(new["sent"], start=self._joined()):
            self._take_sent(number, entry)
        for item in new["got"]:
            self._take_message(self._message(item))
        self._got += len(new["got"])
        return self.exchanges

    def of(self, index: int, *, since: int = 0) -> list[Exchange]:
        """Return the exchanges of one event, those before number *since* left out."""
        return [exchange for exchange in self.exchanges[since:] if exchange.index == index]

    def _joined(self) -> int:
        """Return the number of the first request whose answer is not known yet."""
        return min((number for _, number in self._waiting), default=self._sent)

    def _take_sent(self, number: int, entry: Mapping[str, Any]) -> None:
        known = next((e for e, n in self._waiting if n == number), None)
        if known is None and number < self._sent:
            return  # between two that are waited for, and answered already
        exchange = known or self._begun(number, entry)
        if entry["ended"]:
            self._waiting = [(e, n) for e, n in self._waiting if n != number]
            self._answered(exchange, entry)

    def _begun(self, number: int, entry: Mapping[str, Any]) -> Exchange:
        body = entry["body"] if isinstance(entry["body"], dict) else {}
        exchange = Exchange(
            index=int(body.get("fn_index", -1)),
            session=str(body.get("session_hash", "")),
            body=body,
            started=self.time(entry["at"]),
        )
        self._sent = number + 1
        self.exchanges.append(exchange)
        self._waiting.append((exchange, number))
        return exchange

    def _answered(self, exchange: Exchange, entry: Mapping[str, Any]) -> None:
        answer = entry["answer"] if isinstance(entry["answer"], dict) else {}
        exchange.status = entry["status"]
        if exchange.status == 200 and entry["kind"] == "join":
            exchange.event_id = str(answer.get("event_id", ""))
            for message in self._orphans.pop(exchange.event_id, ()):
                _add(exchange, message)
        elif entry["kind"] == "run" and (exchange.status == 200 or "error" in answer):
            done = {"output": answer, "success": exchange.status == 200}
            _add(exchange, Message("process_completed", self.time(entry["ended"]), done))
        else:
            exchange.refusal = _words(answer.get("detail", "")) if exchange.status > 0 else ""
            exchange.done = True

    def _take_message(self, message: Message) -> None:
        event_id = message.data.get("event_id")
        if message.kind == "unexpected_error" and not event_id:
            for exchange in self.exchanges:  # the whole stream failed, and all that waited on it
                if not exchange.done and exchange.event_id:
                    _add(exchange, message)
            return
        known = (e for e in self.exchanges if e.event_id and e.event_id == event_id)
        exchange_or_none = next(known, None)
        if exchange_or_none is not None:
            _add(exchange_or_none, message)
        elif event_id:
            self._orphans.setdefault(event_id, []).append(message)  # faster than its own join

    def _message(self, item: Mapping[str, Any]) -> Message:
        data = item["data"]
        return Message(str(data.get("msg", "")), self.time(item["at"]), data, item["size"])

    def time(self, milliseconds: float) -> float:
        """Return the time of the page's clock by this process's, in seconds."""
        return self.offset + milliseconds / 1000


def _add(exchange: Exchange, message: Message) -> None:
    if message.kind in ("process_generating", "process_streaming"):
        message = _whole(message, exchange.messages)
    exchange.messages = (*exchange.messages, message)
    if message.kind in ("process_completed", "unexpected_error"):
        exchange.done = True


def _whole(message: Message, earlier: tuple[Message, ...]) -> Message:
    """Return a generating message with its outputs in full instead of as differences."""
    output = message.data.get("output") or {}
    before = next((m for m in reversed(earlier) if m.kind == message.kind), None)
    new = output.get("data")
    if before is None or not isinstance(new, list):
        return message
    old = (before.data.get("output") or {}).get("data") or []
    full = [
        applied(old[i], item) if isinstance(item, list) and i < len(old) else item
        for i, item in enumerate(new)
    ]
    return replace(message, data={**message.data, "output": {**output, "data": full}})


def _words(detail: Any) -> str:
    if isinstance(detail, list):
        said = [str(p.get("message") or p.get("msg") or "") for p in detail if isinstance(p, dict)]
        return "; ".join(filter(None, said)) or str(detail)[:300]
    return str(detail)[:300] or "no reason given"


def _offset(evaluate: Evaluate, now: Callable[[], float]) -> float:
    """Return what to add to the page's clock, from the quickest of some readings.

    A page that is still busy with opening answers late, and not in the middle of the wait.
    """
    readings: list[tuple[float, float]] = []
    while len(readings) < READINGS and (not readings or min(readings)[0] > QUICK):
        before = now()
        page = float(evaluate("() => performance.now()", None) or 0) / 1000
        after = now()
        readings.append((after - before, (before + after) / 2 - page))
    return min(readings)[1]
