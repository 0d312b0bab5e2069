"""Counts what happens to the calls of one script, and prints it as one line of JSON."""

import json
import logging
import sys
import threading
from collections import Counter

import openai

MODEL = "gpt-4o-mini"
CALLS = 100


def prompts():
    return [f"What is {number} times {number + 1}?" for number in range(CALLS)]


def messages(prompt):
    return [{"role": "user", "content": prompt}]


class Report:
    """May be told by several threads at a time."""

    def __init__(self, calls=CALLS):
        self._lock = threading.Lock()
        self._calls = calls
        self._ids = []
        self._exceptions = Counter()
        self._rate_limit_errors = 0
        self._retries = 0
        self._sdk_retries = 0
        self._stream_ok = None
        self._headers = {}
        self._listen_to_the_sdk()

    def _listen_to_the_sdk(self):
        """The SDK retries in silence and tells of it in its log only."""
        report = self

        class Listener(logging.Handler):
            def emit(self, record):
                if record.getMessage().startswith("Retrying request"):
                    with report._lock:
                        report._sdk_retries += 1

        log = logging.getLogger("openai._base_client")
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(Listener())

    def answered(self, answer):
        if not answer.choices[0].message.content:
            raise ValueError("an answer without text")
        self.answered_with(answer.id)

    def answered_with(self, answer_id):
        with self._lock:
            self._ids.append(answer_id)

    def failed_attempt(self, error):
        """An exception that the caller of the SDK sees, whether or not a decorator repeats the call."""
        with self._lock:
            if isinstance(error, openai.RateLimitError):
                self._rate_limit_errors += 1

    def failed(self, error):
        """An exception that nothing repeats any more."""
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        with self._lock:
            self._exceptions[type(error).__name__] += 1

    def retried(self, _details):
        with self._lock:
            self._retries += 1

    def streamed(self, ok):
        self._stream_ok = ok if self._stream_ok is None else self._stream_ok and ok

    def saw_headers(self, headers):
        for name in ("x-request-id", "x-ratelimit-remaining-requests", "x-penstock-queue-ms"):
            self._headers[name] = headers.get(name)

    def print(self):
        json.dump(
            {
                "calls": self._calls,
                "answered": len(self._ids),
                "distinct_answers": len(set(self._ids)),
                "exceptions": self._exceptions,
                "rate_limit_errors": self._rate_limit_errors,
                "retries_seen": self._retries,
                "sdk_retries": self._sdk_retries,
                "stream_ok": self._stream_ok,
                "headers": self._headers,
            },
            sys.stdout,
        )
        print(flush=True)
