"""One live session for both languages: an evaluator, and the JSON-RPC server that editors speak to."""

from __future__ import annotations

from pybridge.session.evaluator import Evaluation, Evaluator, Failure

__all__ = ["Evaluation", "Evaluator", "Failure"]
