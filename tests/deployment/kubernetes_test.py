#!/usr/bin/env python3
"""kubernetes_test.py <source folder> <luminate-server>: what the manifests of packaging/kubernetes promise, looked for
in what `kubectl kustomize` makes of them; and whether the server takes the configurations that they bring.

A kubectl whose kustomize knows components is needed (1.21 and later): without, what needs it is skipped.
"""
import base64
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

SOURCE = pathlib.Path(sys.argv[1])
SERVER = sys.argv[2]
SKIPPED = 77
OVERLAYS = ("postgres", "sqlite")
PASSWORD = "a password: 'quoted'"


def run(*command, **settings):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, **settings)


def why_not_kubectl():
    if not shutil.which("kubectl"):
        return "there is no kubectl"
    said = run("kubectl", "version", "--client").stdout
    found = re.search(r'v1\.(\d+)', said)
    if not found or int(found[1]) < 21:
        return "this kubectl is older than 1.21, and knows no components"
    return None


WHY_NOT = why_not_kubectl()


class Tree:
    """A copy of the manifests, to put secrets into."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.scratch.name) / "kubernetes"
        shutil.copytree(SOURCE / "packaging/kubernetes", self.root, ignore=shutil.ignore_patterns("secrets"))

    def make_secrets(self, overlay, **settings):
        return run(self.root / "make-secrets", overlay, **settings)

    def render(self, overlay):
        return run("kubectl", "kustomize", self.root / "overlays" / overlay)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.scratch.cleanup()


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LUMINATE_", "PG"))}
    return kept | more


def milliseconds(text):
    units = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|s|m|h)", text))


class Secrets(unittest.TestCase):
    def test_are_made_once_and_for_the_owner_alone(self):
        with Tree() as tree:
            self.assertEqual(tree.make_secrets("postgres", env=environment(PGPASSWORD=PASSWORD)).returncode, 0)
            folder = tree.root / "overlays/postgres/secrets"
            first = {path.name: path.read_text() for path in folder.iterdir()}
            self.assertEqual(sorted(first), ["jwt.secret", "postgres.password", "scrape.token"])
            self.assertEqual(first["postgres.password"], PASSWORD)
            self.assertGreaterEqual(len(first["jwt.secret"].strip()), 64)
            for path in folder.iterdir():
                self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
            self.assertEqual(tree.make_secrets("postgres", stdin=subprocess.DEVNULL, env=environment()).returncode, 0)
            self.assertEqual({path.name: path.read_text() for path in folder.iterdir()}, first)

    def test_are_refused_without_a_password(self):
        with Tree() as tree:
            refused = tree.make_secrets("postgres", stdin=subprocess.DEVNULL, env=environment())
            self.assertEqual(refused.returncode, 1, refused)
            self.assertFalse((tree.root / "overlays/postgres/secrets/postgres.password").exists())
            taken = tree.make_secrets("postgres", input=PASSWORD + "\n", env=environment())
            self.assertEqual(taken.returncode, 0, taken)
            self.assertEqual((tree.root / "overlays/postgres/secrets/postgres.password").read_text(), PASSWORD)

    def test_are_not_in_the_repository(self):
        self.assertIn("/overlays/*/secrets/", (SOURCE / "packaging/kubernetes/.gitignore").read_text().split())

    @unittest.skipIf(WHY_NOT, WHY_NOT)
    def test_without_them_there_is_nothing_to_deploy(self):
        with Tree() as tree:
            for overlay in OVERLAYS:
                rendered = tree.render(overlay)
                self.assertNotEqual(rendered.returncode, 0)
                self.assertEqual(rendered.stdout, "")
                self.assertIn("secrets/jwt.secret", rendered.stderr)


class Configurations(unittest.TestCase):
    def test_are_taken_by_the_server(self):
        with Tree() as tree:
            for overlay in OVERLAYS:
                self.assertEqual(tree.make_secrets(overlay, env=environment(PGPASSWORD=PASSWORD)).returncode, 0)
                folder = tree.root / "overlays" / overlay
                text = (folder / "luminate.yaml").read_text().replace("/secrets/", f"{folder}/secrets/")
                config = folder / "here.yaml"
                config.write_text(text.replace("sqlite:/data", f"sqlite:{folder}"))
                checked = run(SERVER, "--config", config, "--check-config", env=environment(PGPASSWORD=PASSWORD))
                self.assertEqual(checked.returncode, 0, checked.stderr)
                self.assertNotIn("warning", checked.stderr)
                settings = yaml.safe_load(checked.stdout)
                self.assertIs(settings["auth"]["enabled"], True)
                scheme = {"postgres": "postgresql", "sqlite": "sqlite"}[overlay]
                self.assertTrue(settings["storage"]["url"].startswith(scheme + ":"))
                self.assertTrue(settings["metrics"]["token_file"])


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Rendered(unittest.TestCase):
    """What both overlays have."""

    @classmethod
    def setUpClass(cls):
        cls.objects = {}
        with Tree() as tree:
            for overlay in OVERLAYS:
                made = tree.make_secrets(overlay, env=environment(PGPASSWORD=PASSWORD))
                assert made.returncode == 0, made
                rendered = tree.render(overlay)
                assert rendered.returncode == 0, rendered.stderr
                assert rendered.stderr == "", rendered.stderr
                documents = list(yaml.safe_load_all(rendered.stdout))
                cls.objects[overlay] = {(item["kind"], item["metadata"]["name"]): item for item in documents}
                assert len(cls.objects[overlay]) == len(documents)

    def one(self, overlay, kind, name="luminate"):
        return self.objects[overlay][kind, name]

    def workload(self, overlay):
        return self.one(overlay, "Deployment" if overlay == "postgres" else "StatefulSet")

    def pod(self, overlay):
        return self.workload(overlay)["spec"]["template"]["spec"]

    def generated(self, overlay, kind, prefix):
        found = [item for (of, name), item in self.objects[overlay].items() if of == kind and name.startswith(prefix)]
        self.assertEqual(len(found), 1)
        self.assertRegex(found[0]["metadata"]["name"], f"^{prefix}-[0-9a-z]{{10}}$")
        return found[0]

    def each(self):
        for overlay in OVERLAYS:
            with self.subTest(overlay=overlay):
                yield overlay

    def test_kinds(self):
        common = {"Namespace", "ServiceAccount", "ConfigMap", "Secret", "Service", "Ingress", "NetworkPolicy"}
        kinds = {overlay: {kind for kind, _ in self.objects[overlay]} for overlay in OVERLAYS}
        self.assertEqual(kinds["postgres"], common | {"Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"})
        self.assertEqual(kinds["sqlite"], common | {"StatefulSet"})

    def test_everything_is_in_the_namespace_that_admits_restricted_pods_only(self):
        for overlay in self.each():
            labels = self.one(overlay, "Namespace")["metadata"]["labels"]
            self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")
            for (kind, name), item in self.objects[overlay].items():
                if kind != "Namespace":
                    self.assertEqual(item["metadata"].get("namespace"), "luminate", (kind, name))

    def test_pods_are_restricted(self):
        for overlay in self.each():
            pod = self.pod(overlay)
            security = pod["securityContext"]
            self.assertIs(security["runAsNonRoot"], True)
            self.assertEqual(security["seccompProfile"]["type"], "RuntimeDefault")
            user = security["runAsUser"]
            self.assertEqual((user, security["runAsGroup"], security["fsGroup"]), (65532, 65532, 65532))
            self.assertIn(f"USER {user}:{user}", (SOURCE / "packaging/docker/Dockerfile").read_text().splitlines())
            for forbidden in ("hostNetwork", "hostPID", "hostIPC"):
                self.assertNotIn(forbidden, pod)
            self.assertIs(pod["automountServiceAccountToken"], False)
            self.assertIs(pod["enableServiceLinks"], False)
            (container,) = pod["containers"]
            security = container["securityContext"]
            self.assertIs(security["allowPrivilegeEscalation"], False)
            self.assertIs(security["readOnlyRootFilesystem"], True)
            self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
            self.assertNotIn("privileged", security)
            kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
            self.assertLessEqual(kinds, {"configMap", "secret", "emptyDir"})
            self.assertNotIn("command", container, "the image's entry point is the server")

    def test_probes_ask_for_what_the_server_answers(self):
        for overlay in self.each():
            (container,) = self.pod(overlay)["containers"]
            kinds = ("startup", "readiness", "liveness")
            paths = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in kinds}
            self.assertEqual(paths, {"startup": "/startupz", "readiness": "/readyz", "liveness": "/healthz"})
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            self.assertEqual(ports, {"http": 8080}, "the server's default")
            for kind in paths:
                self.assertIn(container[f"{kind}Probe"]["httpGet"]["port"], ports)
            # None of them may give up before the server does, which answers within 0.8 s when its storage hangs.
            self.assertGreaterEqual(container["readinessProbe"]["timeoutSeconds"], 2)

    def test_pods_have_time_to_stop(self):
        for overlay in self.each():
            config = yaml.safe_load(self.generated(overlay, "ConfigMap", "luminate-config")["data"]["luminate.yaml"])
            delay = milliseconds(config["server"]["shutdown_delay"])
            self.assertGreaterEqual(delay, 5000)
            needed = delay + milliseconds(config["server"].get("shutdown_timeout", "30s"))
            self.assertGreater(self.pod(overlay)["terminationGracePeriodSeconds"] * 1000, needed)

    def test_what_is_mounted_and_referred_to_is_there(self):
        for overlay in self.each():
            pod = self.pod(overlay)
            (container,) = pod["containers"]
            claims = self.workload(overlay)["spec"].get("volumeClaimTemplates", [])
            volumes = [volume["name"] for volume in pod["volumes"]] + [claim["metadata"]["name"] for claim in claims]
            self.assertEqual(sorted(mount["name"] for mount in container["volumeMounts"]), sorted(volumes))
            config = self.generated(overlay, "ConfigMap", "luminate-config")
            secret = self.generated(overlay, "Secret", "luminate-secrets")
            mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
            by_name = {volume["name"]: volume for volume in pod["volumes"]}
            self.assertEqual(by_name["config"]["configMap"]["name"], config["metadata"]["name"])
            self.assertEqual(by_name["secrets"]["secret"]["secretName"], secret["metadata"]["name"])
            self.assertEqual(by_name["secrets"]["secret"]["defaultMode"] & 0o007, 0, "others may not read secrets")
            for item in by_name["secrets"]["secret"]["items"]:
                self.assertIn(item["key"], secret["data"])
            for variable in container.get("env", []):
                reference = variable["valueFrom"]["secretKeyRef"]
                self.assertEqual(reference["name"], secret["metadata"]["name"])
                self.assertIn(reference["key"], secret["data"])
            # The files that the configuration names are where the secrets are mounted.
            settings = yaml.safe_load(config["data"]["luminate.yaml"])
            folder = mounts["secrets"]["mountPath"]
            mounted = {f"{folder}/{item['path']}" for item in by_name["secrets"]["secret"]["items"]}
            self.assertEqual({settings["auth"]["jwt_secret_file"], settings["metrics"]["token_file"]}, mounted)
            self.assertEqual(container["args"], ["--config", f"{mounts['config']['mountPath']}/luminate.yaml"])
            self.assertEqual(pod["serviceAccountName"], self.one(overlay, "ServiceAccount")["metadata"]["name"])

    def test_selectors_find_the_pods_and_nothing_foreign_was_put_into_peers(self):
        for overlay in self.each():
            workload = self.workload(overlay)["spec"]
            labels = workload["template"]["metadata"]["labels"]
            selectors = [workload["selector"]["matchLabels"]]
            for (kind, _), item in self.objects[overlay].items():
                if kind == "Service":
                    selectors.append(item["spec"]["selector"])
                if kind == "PodDisruptionBudget":
                    selectors.append(item["spec"]["selector"]["matchLabels"])
            for selector in selectors:
                self.assertTrue(selector)
                self.assertEqual(selector, {key: labels.get(key) for key in selector})
            policy = self.one(overlay, "NetworkPolicy")["spec"]
            (dns,) = policy["egress"]
            self.assertEqual(dns["to"][0]["podSelector"]["matchLabels"], {"k8s-app": "kube-dns"})
            (clients,) = [peer["podSelector"] for peer in policy["ingress"][0]["from"] if "podSelector" in peer]
            self.assertEqual(clients["matchLabels"], {"luminate-client": "true"})

    def test_network_policies_close_what_they_do_not_open(self):
        for overlay in self.each():
            policy = self.one(overlay, "NetworkPolicy")["spec"]
            self.assertEqual(policy["podSelector"], {})
            self.assertEqual(sorted(policy["policyTypes"]), ["Egress", "Ingress"])
            for rule in policy["ingress"]:
                self.assertEqual(rule["ports"], [{"protocol": "TCP", "port": "http"}])
                self.assertTrue(rule["from"])
            self.assertEqual({port["port"] for rule in policy["egress"] for port in rule["ports"]}, {53})
        database = self.one("postgres", "NetworkPolicy", "luminate-database")["spec"]
        self.assertEqual([port["port"] for rule in database["egress"] for port in rule["ports"]], [5432])
        self.assertNotIn(("NetworkPolicy", "luminate-database"), self.objects["sqlite"])

    def test_ingress_leads_to_the_api_and_not_to_the_metrics(self):
        for overlay in self.each():
            spec = self.one(overlay, "Ingress")["spec"]
            self.assertTrue(spec["tls"][0]["secretName"])
            (rule,) = spec["rules"]
            self.assertEqual(spec["tls"][0]["hosts"], [rule["host"]])
            self.assertEqual([path["path"] for path in rule["http"]["paths"]], ["/api/v1", "/openapi.json"])
            ports = {port["name"] for port in self.one(overlay, "Service")["spec"]["ports"]}
            for path in rule["http"]["paths"]:
                self.assertEqual(path["backend"]["service"]["name"], "luminate")
                self.assertIn(path["backend"]["service"]["port"]["name"], ports)

    def test_secrets_are_the_files_that_were_made(self):
        secret = self.generated("postgres", "Secret", "luminate-secrets")["data"]
        self.assertEqual(base64.b64decode(secret["postgres.password"]).decode(), PASSWORD)
        for item in self.objects["postgres"].values():
            if item["kind"] != "Secret":
                self.assertNotIn(PASSWORD, yaml.safe_dump(item))

    # The overlay postgres.

    def test_servers_are_replaced_without_one_less(self):
        strategy = self.workload("postgres")["spec"]["strategy"]
        self.assertEqual(strategy["type"], "RollingUpdate")
        self.assertEqual(strategy["rollingUpdate"]["maxUnavailable"], 0)
        self.assertGreaterEqual(strategy["rollingUpdate"]["maxSurge"], 1)

    def test_three_to_ten_servers_by_cpu_and_memory(self):
        spec = self.one("postgres", "HorizontalPodAutoscaler")["spec"]
        self.assertEqual(spec["scaleTargetRef"], {"apiVersion": "apps/v1", "kind": "Deployment", "name": "luminate"})
        self.assertEqual((spec["minReplicas"], spec["maxReplicas"]), (3, 10))
        self.assertNotIn("replicas", self.workload("postgres")["spec"], "it would fight with the autoscaler")
        targets = {metric["resource"]["name"]: metric["resource"]["target"] for metric in spec["metrics"]}
        self.assertEqual(targets, {"cpu": {"type": "Utilization", "averageUtilization": 70},
                                   "memory": {"type": "Utilization", "averageUtilization": 80}})
        (container,) = self.pod("postgres")["containers"]
        self.assertEqual(sorted(container["resources"]["requests"]), ["cpu", "memory"], "shares of what is requested")
        self.assertEqual(spec["behavior"]["scaleUp"]["stabilizationWindowSeconds"], 0)
        self.assertEqual(spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"], 300)

    def test_servers_shun_each_other_and_are_drained_one_by_one(self):
        terms = self.pod("postgres")["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
        labels = self.workload("postgres")["spec"]["template"]["metadata"]["labels"]
        self.assertEqual(terms[0]["podAffinityTerm"]["topologyKey"], "kubernetes.io/hostname")
        for term in terms:
            self.assertEqual(term["podAffinityTerm"]["labelSelector"]["matchLabels"], labels)
        self.assertEqual(self.one("postgres", "PodDisruptionBudget")["spec"]["maxUnavailable"], 1)

    # The overlay sqlite.

    def test_one_server_with_a_volume(self):
        spec = self.workload("sqlite")["spec"]
        self.assertEqual(spec["replicas"], 1)
        (claim,) = spec["volumeClaimTemplates"]
        self.assertEqual(claim["spec"]["resources"]["requests"]["storage"], "100Gi")
        self.assertEqual(claim["spec"]["accessModes"], ["ReadWriteOnce"])
        (container,) = self.pod("sqlite")["containers"]
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        config = yaml.safe_load(self.generated("sqlite", "ConfigMap", "luminate-config")["data"]["luminate.yaml"])
        self.assertTrue(config["storage"]["url"].startswith(f"sqlite:{mounts[claim['metadata']['name']]}/"))
        self.assertEqual(self.one("sqlite", "Service", spec["serviceName"])["spec"]["clusterIP"], "None")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Monitoring(unittest.TestCase):
    def test_is_taken_in_by_a_line(self):
        with Tree() as tree:
            for overlay in OVERLAYS:
                self.assertEqual(tree.make_secrets(overlay, env=environment(PGPASSWORD=PASSWORD)).returncode, 0)
                file = tree.root / "overlays" / overlay / "kustomization.yaml"
                line = "  - ../../components/pod\n"
                self.assertIn(line, file.read_text())
                file.write_text(file.read_text().replace(line, line + "  - ../../components/monitoring\n"))
                rendered = tree.render(overlay)
                self.assertEqual(rendered.returncode, 0, rendered.stderr)
                items = list(yaml.safe_load_all(rendered.stdout))
                (monitor,) = [item for item in items if item["kind"] == "ServiceMonitor"]
                (secret,) = [item for item in items if item["kind"] == "Secret"]
                (endpoint,) = monitor["spec"]["endpoints"]
                credentials = endpoint["authorization"]["credentials"]
                self.assertEqual(credentials["name"], secret["metadata"]["name"])
                self.assertIn(credentials["key"], secret["data"])
                wanted = monitor["spec"]["selector"]["matchLabels"].items()
                services = [item for item in items if item["kind"] == "Service"]
                (service,) = [item for item in services if wanted <= item["metadata"]["labels"].items()]
                self.assertIn(endpoint["port"], [port["name"] for port in service["spec"]["ports"]])


if __name__ == "__main__":
    outcome = unittest.main(argv=sys.argv[:1], exit=False).result
    if outcome.wasSuccessful() and WHY_NOT:
        print(f"skipped, in part: {WHY_NOT}")
        sys.exit(SKIPPED)
    sys.exit(not outcome.wasSuccessful())
