#!/usr/bin/env python3
"""openapi_test.py <luminate-server>: holds the server to /openapi.json.

Starts one on a new store and sends it every example of a request, and wrong ones made from them. Each answer must
have a status that the document knows for the operation, and be what its schema says. Where an example of an answer has
the name of the request's, that is the answer: an error's to the letter, another's in its members.
"""
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

import jsonschema

SCOPES = ("read", "write", "admin")
JSON = "application/json"


def resolve(document, node):
    """What a $ref stands for; what stands beside it wins."""
    while "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target | {key: value for key, value in node.items() if key != "$ref"}
    return node


class Server:
    """luminate-server with authentication and backups, whose limits on time let examples be of any age."""

    def __init__(self, program, **settings):
        self.program = program
        self.folder = tempfile.TemporaryDirectory()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("LUMINATE_")} | {
            "LUMINATE_AUTH_ENABLED": "true",
            "LUMINATE_AUTH_JWT_SECRET": secrets.token_hex(32),
            "LUMINATE_STORAGE_URL": f"sqlite:{self.folder.name}/store.db",
            "LUMINATE_STORAGE_BACKUP_DIRECTORY": self.folder.name,
            "LUMINATE_SERVER_PORT": "0",
            "LUMINATE_LOGGING_FORMAT": "json",
            "LUMINATE_BATCH_WRITE_MAX_AGE": "36500d",
            "LUMINATE_BATCH_WRITE_MAX_FUTURE": "36500d",
        } | settings
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([program], stderr=subprocess.PIPE, text=True, env=self.environment)
        self.port = None
        for line in self.process.stderr:
            if line.startswith("{") and (port := json.loads(line).get("port")):
                self.port = port
                break
        assert self.port, "the server did not start"
        # The rest of the log must not fill the pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=self.log)

    def token(self, scopes, tenant):
        command = [self.program, "token", "--scopes", ",".join(scopes)] + (["--tenant", tenant] if tenant else [])
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def ask(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.drain.wait()
        self.process.stderr.close()
        self.log.close()
        code = self.process.wait()
        self.folder.cleanup()
        return code


class OpenApi(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        unlimited = {f"LUMINATE_RATE_LIMITS_{limit}": "off" for limit in
                     ("WRITE_REQUESTS_PER_SECOND", "QUERY_REQUESTS_PER_SECOND", "METRICS_PER_SECOND", "CONCURRENT_QUERIES")}
        cls.server = Server(PROGRAM, **unlimited)
        cls.document = json.loads(cls.server.ask("GET", "/openapi.json")[2])
        cls.tokens = {(scope, tenant): cls.server.token([scope], tenant)
                      for scope, tenant in (("read", "acme"), ("write", "acme"), ("admin", "acme"), ("admin", None))}

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0, "the server did not end well"

    # The document by itself.

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method.upper(), operation

    def check(self, value, schema, what):
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "#/it", "it": schema,
                  "components": self.document["components"]}
        validator = jsonschema.Draft202012Validator(schema)
        problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        self.assertEqual(problems, [], what)

    def contents(self):
        """Every body that is described: ("METHOD path" of a request's, or with the status, content)."""
        for path, method, operation in self.operations():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}", content
            for status, response in operation["responses"].items():
                for content in resolve(self.document, response).get("content", {}).values():
                    yield f"{method} {path} {status}", content

    def test_schemas_are_schemas(self):
        for name, schema in self.document["components"]["schemas"].items():
            with self.subTest(name):
                jsonschema.Draft202012Validator.check_schema(schema)

    def test_nothing_is_left_to_guess(self):
        def walk(node, where):
            if isinstance(node, list):
                for index, item in enumerate(node):
                    walk(item, f"{where}[{index}]")
            if not isinstance(node, dict):
                return
            for name, member in node.get("properties", {}).items() if node.get("type") == "object" else ():
                described = resolve(self.document, member)
                self.assertTrue(described.get("description") or "const" in described or "oneOf" in described,
                                f"{where}.{name} has no description")
            for name, item in node.items():
                if name not in ("example", "examples", "default"):
                    walk(item, f"{where}.{name}")

        walk(self.document, "")
        seen = set()
        for path, method, operation in self.operations():
            where = f"{method} {path}"
            for key in ("operationId", "summary", "description", "tags", "security"):
                self.assertIn(key, operation, where)
            self.assertNotIn(operation["operationId"], seen)
            seen.add(operation["operationId"])
            for given in operation["parameters"]:
                parameter = resolve(self.document, given)
                self.assertTrue(parameter.get("description"), f"{where}: {parameter['name']}")
            self.assertIn("default", operation["responses"], where)

    def test_examples_are_what_their_schemas_say(self):
        for where, content in self.contents():
            for name, example in content.get("examples", {}).items():
                # What is sent to be refused may be wrong in itself.
                if where.count(" ") == 1 and self.refused(where, name):
                    continue
                with self.subTest(where, example=name):
                    self.check(example["value"], content["schema"], name)
        for name, schema in self.document["components"]["schemas"].items():
            for example in schema.get("examples", []):
                with self.subTest(name, example=example):
                    self.check(example, schema, name)

    def refused(self, where, name):
        method, path = where.split(" ")
        status, _ = self.answer_of(self.document["paths"][path][method.lower()], name)
        return status is not None and status != 200

    def test_every_code_has_an_example_with_its_status(self):
        examples = {}
        for path, method, operation in self.operations():
            for status, given in operation["responses"].items():
                for content in resolve(self.document, given).get("content", {}).values():
                    for example in content.get("examples", {}).values():
                        if isinstance(example["value"], dict) and "error" in example["value"]:
                            examples.setdefault(example["value"]["error"]["code"], set()).add(status)
        for code in self.document["components"]["schemas"]["ErrorCode"]["oneOf"]:
            with self.subTest(code["const"]):
                self.assertIn(code["const"], examples)
                self.assertLessEqual(examples[code["const"]], {str(code["x-status"]), "default"})

    # The server.

    def answer_of(self, operation, name):
        """The status and the body of the answer whose example has that name."""
        for status, given in operation["responses"].items():
            response = resolve(self.document, given)
            for content in response.get("content", {}).values():
                if name in content.get("examples", {}) and status != "default":
                    return int(status), content["examples"][name]["value"]
        return None, None

    def bearer(self, operation):
        for alternative in operation["security"]:
            for scheme, scopes in alternative.items():
                if scheme in ("token", "serverToken"):
                    return {"Authorization": "Bearer " + self.tokens[scopes[0], "acme" if scheme == "token" else None]}
        return {}

    def target(self, path, operation, **changes):
        query = {}
        for given in operation["parameters"]:
            parameter = resolve(self.document, given)
            if "example" not in parameter:
                continue
            value = parameter["example"]
            text = json.dumps(value) if isinstance(value, bool) else str(value)
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(text, safe=""))
            elif parameter["in"] == "query":
                query[parameter["name"]] = text
        query |= changes
        return path + ("?" + urllib.parse.urlencode(query) if query else "")

    def expect(self, operation, answer, what, others=(400, 404, 405, 414, 417, 431)):
        """The answer is one that the document knows. @returns its body."""
        status, headers, body = answer
        responses = operation["responses"]
        self.assertLess(status, 500, f"{what}: {body}")
        known = responses.get(str(status), responses["default"] if status in others else None)
        self.assertIsNotNone(known, f"{what}: {status} is not documented: {body}")
        response = resolve(self.document, known)
        self.assertRegex(headers["X-Request-Id"], "^[0-9A-Za-z._-]{1,128}$")
        for name, given in response.get("headers", {}).items():
            header = resolve(self.document, given)
            if header.get("required"):
                self.assertIn(name, headers, what)
        if "content" not in response:
            self.assertEqual(body, b"", what)
            return None
        self.assertIn(headers["Content-Type"], response["content"], what)
        value = body.decode()
        if headers["Content-Type"] == JSON:
            value = json.loads(value)
        if status >= 400 and headers["Content-Type"] == JSON and "error" in value:
            expected, = [code["x-status"] for code in self.document["components"]["schemas"]["ErrorCode"]["oneOf"]
                         if code["const"] == value["error"]["code"]]
            self.assertTrue(status == expected or value["error"]["code"] == "INVALID_REQUEST" and status < 500, what)
        self.check(value, response["content"][headers["Content-Type"]]["schema"], f"{what}: {status} {value}")
        return value

    def same_members(self, one, other, what):
        if isinstance(one, dict):
            self.assertEqual(sorted(one), sorted(other), what)
            for key in one:
                self.same_members(one[key], other[key], f"{what}.{key}")
        elif isinstance(one, list):
            self.assertEqual(bool(one), bool(other), what)
            for left, right in zip(one, other):
                self.same_members(left, right, f"{what}[]")
        else:
            self.assertEqual(one is None, other is None, what)

    def bodies(self, operation):
        """(name, text) of each example of a body; (None, None) where an operation works without."""
        given = operation.get("requestBody", {})
        examples = given.get("content", {}).get(JSON, {}).get("examples", {})
        if not given.get("required"):
            yield "default", None
        for name, example in examples.items():
            yield name, json.dumps(example["value"])

    def wait_for_backup(self):
        """There is one at a time."""
        while True:
            answer = self.server.ask("GET", "/api/v1/admin/backup", {"Authorization": "Bearer " + self.tokens["admin", None]})
            if b'"state":"running"' not in answer[2]:
                return
            time.sleep(0.01)

    def test_examples_are_answered_as_documented(self):
        for path, method, operation in self.operations():
            headers = self.bearer(operation)
            target = self.target(path, operation)
            for name, body in self.bodies(operation):
                what = f"{method} {target} {name}"
                with self.subTest(what):
                    self.wait_for_backup()
                    content_type = {} if body is None else {"Content-Type": JSON}
                    answer = self.server.ask(method, target, headers | content_type, body)
                    value = self.expect(operation, answer, what)
                    status, example = self.answer_of(operation, name)
                    if status is None:
                        self.assertLess(answer[0], 300, what)
                        continue
                    self.assertEqual(answer[0], status, f"{what}: {value}")
                    if status < 300:
                        self.same_members(value, example, what)
                    else:
                        self.assertEqual(value, example, what)

    def test_tokens_are_asked_for_as_documented(self):
        for path, method, operation in self.operations():
            target = self.target(path, operation)
            body = next((text for _, text in self.bodies(operation) if text), None)
            content_type = {} if body is None else {"Content-Type": JSON}
            closed = bool(operation["security"]) and {} not in operation["security"]
            with self.subTest(f"{method} {path}"):
                answer = self.server.ask(method, target, content_type, body)
                self.expect(operation, answer, "no token")
                self.assertEqual(answer[0] == 401, closed)
                for (scope, tenant), token in self.tokens.items():
                    (scheme, scopes), = operation["security"][0].items() if closed else [("", SCOPES)]
                    right = scope in scopes and not (scheme == "serverToken" and tenant)
                    answer = self.server.ask(method, target, content_type | {"Authorization": "Bearer " + token}, body)
                    self.expect(operation, answer, f"{scope} {tenant}")
                    self.assertEqual(answer[0] != 403, right or not closed, f"{scope} {tenant}")

    def test_what_is_wrong_is_refused_as_documented(self):
        for path, method, operation in self.operations():
            headers = self.bearer(operation)
            takes_body = "requestBody" in operation
            body = next((text for _, text in self.bodies(operation) if text), None)
            with self.subTest(f"{method} {path}"):
                if operation["tags"] != ["Health"] and path != "/":
                    answer = self.server.ask(method, self.target(path, operation, unheard_of="1"), headers, body)
                    self.expect(operation, answer, "unknown parameter")
                    self.assertEqual(answer[0], 400)
                for given in operation["parameters"]:
                    parameter = resolve(self.document, given)
                    if parameter["in"] != "query" or resolve(self.document, parameter["schema"]).keys() == {"type"}:
                        continue
                    for wrong in ("-1x", "1e999", "\0", "\U0001F4A9" * 100):
                        target = self.target(path, operation, **{parameter["name"]: wrong})
                        self.expect(operation, self.server.ask(method, target, headers, None), f"{method} {target}")
                if takes_body:
                    answer = self.server.ask(method, self.target(path, operation), headers | {"Content-Type": "text/csv"}, "a,b")
                    self.expect(operation, answer, "not JSON by name")
                    self.assertEqual(answer[0], 415)
                    for text in ("", "{", "[]", "null", "1", '"x"', "\xff", "[" * 5000, '{"a": 1, "a": 2}'):
                        self.expect(operation, self.server.ask(method, self.target(path, operation), headers, text.encode("latin1")),
                                    f"{method} {path} {text[:20]}")
                answer = self.server.ask("PATCH", self.target(path, operation), headers)
                self.expect(operation, answer, "wrong method")
                self.assertEqual(answer[0], 405)
                self.assertIn(method, re.split(", ", answer[1]["Allow"]))

    def test_limits_are_told_as_documented(self):
        server = Server(PROGRAM, LUMINATE_RATE_LIMITS_WRITE_REQUESTS_PER_SECOND="1")
        self.addCleanup(server.stop)
        operation = self.document["paths"]["/api/v1/write"]["post"]
        headers = {"Authorization": "Bearer " + server.token(["write"], "acme"), "Content-Type": JSON}
        body = json.dumps({"metrics": [{"name": "m", "value": 1}]})
        for _ in range(100):
            answer = server.ask("POST", "/api/v1/write", headers, body)
            value = self.expect(operation, answer, "limited", others=())
            self.assertEqual(answer[1]["X-RateLimit-Limit"], "1")
            if answer[0] == 429:
                break
        self.assertEqual(answer[0], 429)
        example = self.document["components"]["responses"]["RateLimited"]["content"][JSON]["examples"]["too_fast"]["value"]
        self.same_members(value, example, "limited")

    def test_unknown_paths_are_not_found(self):
        status, _, body = self.server.ask("GET", "/api/v2/metrics")
        self.assertEqual(status, 404)
        self.check(json.loads(body), {"$ref": "#/components/schemas/Error"}, body)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
