"""Make the table of published advisories anew, as osv.dev has them now: `make osv`.

Writes harness/advisories/table.json. What OSV has twice, under GitHub's number and another, is
one; what was withdrawn, and what no release is said to end, is left out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from packaging.version import Version

TABLE = Path(__file__).resolve().parent.parent / "harness" / "advisories" / "table.json"
API = "https://api.osv.dev/v1/query"
PACKAGES = ("gradio", "gradio_client")


def main() -> None:
    found = [row for package in PACKAGES for row in rows(package, asked(package))]
    table = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "source": API,
        "advisories": found,
    }
    TABLE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{TABLE}: {len(found)} advisories")


def asked(package: str) -> Iterator[Mapping[str, Any]]:
    """Yield what OSV has of a package of PyPI, page by page."""
    query: dict[str, Any] = {"package": {"name": package, "ecosystem": "PyPI"}}
    while True:
        answer = httpx.post(API, json=query, timeout=60)
        answer.raise_for_status()
        page = answer.json()
        yield from page.get("vulns", ())
        if not page.get("next_page_token"):
            return
        query["page_token"] = page["next_page_token"]


def rows(package: str, advisories: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the table's rows, each advisory once, in the order in which releases mend them."""
    found: dict[str, dict[str, Any]] = {}
    # GitHub's own come first: they have titles.
    for entry in sorted(advisories, key=lambda one: (not one["id"].startswith("GHSA-"), one["id"])):
        names = {entry["id"], *entry.get("aliases", ())}
        if entry.get("withdrawn") or names & {
            name for row in found.values() for name in (row["id"], *row["aliases"])
        }:
            continue
        row = _row(package, entry)
        if row["fixed"] or row["last"]:
            found[entry["id"]] = row
    return sorted(found.values(), key=lambda row: Version(row["fixed"] or row["last"]))


def _row(package: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    events = [
        event
        for affected in entry.get("affected", ())
        if affected.get("package", {}).get("name", "").replace("-", "_") == package
        for span in affected.get("ranges", ())
        if span.get("type") == "ECOSYSTEM"
        for event in span["events"]
    ]
    said = {
        key: sorted((event[key] for event in events if key in event), key=Version)
        for key in ("introduced", "fixed", "last_affected")
    }
    title = entry.get("summary") or entry.get("details", "").partition("\n")[0][:120]
    return {
        "id": entry["id"],
        "aliases": sorted(entry.get("aliases", ())),
        "package": package,
        "title": title,
        "introduced": said["introduced"][0] if said["introduced"] else "0",
        "fixed": said["fixed"][-1] if said["fixed"] else "",
        "last": "" if said["fixed"] or not said["last_affected"] else said["last_affected"][-1],
    }


if __name__ == "__main__":
    main()
