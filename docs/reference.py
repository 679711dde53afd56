#!/usr/bin/env python3
"""Puts into the pages of docs/ what the program says itself: its options, and the tables of its API. With --check it
writes nothing, and fails where a page is not as it would be. Each table stands between <!-- name --> and <!-- /name -->.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def put(page, name, text):
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if begin not in page or end not in page:
        raise SystemExit(f"reference: the page has no {begin} ... {end}")
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def slug(heading):
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Api:
    def __init__(self, document):
        self.document = document

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target | {key: value for key, value in node.items() if key != "$ref"}
        return node

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method.upper(), operation

    @staticmethod
    def scope(operation):
        kinds = []
        for alternative in operation["security"] or [{}]:
            for scheme, scopes in alternative.items() or [("none", [])]:
                kinds.append({"none": "none", "token": "".join(scopes), "serverToken": "".join(scopes) + ", without tenant",
                              "scrapeToken": "the token of `metrics.token`"}[scheme])
        return " or ".join(kinds)

    def routes(self, page):
        """Each with a link to the section that describes it: the one whose text has its path."""
        described = page.split("<!-- /routes -->", 1)[1]
        rows = []
        for path, method, operation in self.operations():
            if path == "/":
                continue
            # As in the text, or with something in the place of {name}.
            pattern = r"(?<!/v1)(?<!/admin)" + re.sub(r"\\\{\w+\\\}", r"[^\\s/`'?\"]+", re.escape(path)) + r"(?![\w/])"
            found = re.search(pattern, described)
            if not found:
                raise SystemExit(f"reference: docs/http-api.md describes {path} nowhere")
            heading = re.findall(r"^##+ (.*)$", described[:found.start()], re.MULTILINE)[-1]
            rows.append([f"[{method} {path}](#{slug(heading)})", self.scope(operation), operation["summary"]])
        return table(["method and path", "scope", "what"], rows)

    def errors(self):
        codes = self.document["components"]["schemas"]["ErrorCode"]["oneOf"]
        return table(["status", "code", "meaning"],
                     [[str(code["x-status"]), f"`{code['const']}`", code["description"].rstrip(".")] for code in codes])

    def kinds(self, schema, head):
        return table(head, [[f"`{kind['const']}`", kind["description"].rstrip(".")]
                            for kind in self.document["components"]["schemas"][schema]["oneOf"]])

    def parameters(self, name):
        operation, = [operation for _, _, operation in self.operations() if operation["operationId"] == name]
        rows = []
        for given in operation["parameters"]:
            parameter = self.resolve(given)
            if parameter["in"] != "query":
                continue
            schema = self.resolve(parameter["schema"])
            bounds = f"{schema['minimum']} to {schema['maximum']}" if "maximum" in schema else ""
            default = json.dumps(schema["default"]) if schema.get("default", "") != "" else ""
            kind = {"InstantText": "RFC 3339 or Unix milliseconds"}.get(parameter["schema"].get("$ref", "").split("/")[-1])
            rows.append([f"`{parameter['name']}`", kind or bounds or {"boolean": "`true` or `false`"}.get(schema["type"], "text"),
                         default, parameter["description"].rstrip(".")])
        return table(["parameter", "value", "default", "meaning"], rows)


def pages(server):
    options = subprocess.run([server, "--print-config-reference"], check=True, capture_output=True, text=True).stdout
    api = Api(json.loads((ROOT / "server/api/openapi.json").read_text()))
    path = ROOT / "docs/configuration.md"
    yield path, put(path.read_text(), "options", options.strip())
    path = ROOT / "docs/security.md"
    yield path, put(path.read_text(), "reasons", api.kinds("TokenReason", ["`details.reason`", "the token"]))
    path = ROOT / "docs/http-api.md"
    page = path.read_text()
    page = put(page, "routes", api.routes(page))
    page = put(page, "errors", api.errors())
    page = put(page, "errors of points", api.kinds("PointErrorCode", ["code", "the point"]))
    for name in re.findall(r"<!-- parameters of (\w+) -->", page):
        page = put(page, f"parameters of {name}", api.parameters(name))
    yield path, page


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("server", help="the luminate-server whose options are to be told")
    arguments = parser.parse_args()
    outdated = False
    for path, text in pages(arguments.server):
        if path.read_text() == text:
            continue
        if arguments.check:
            print(f"{path.relative_to(ROOT)} is not what the program says; `make docs` writes it")
            outdated = True
        else:
            path.write_text(text)
            print(f"Written: {path.relative_to(ROOT)}")
    return outdated


if __name__ == "__main__":
    sys.exit(main())
