#!/usr/bin/env python3
"""A cluster for tests, by protocol only: it answers as the API server, the gateway and Prometheus do.

The shapes follow the documented API: server-side apply with resourceVersion, objects of kind Status,
conditions with observedGeneration, query answers of Prometheus. Pods become ready by themselves; an
image named "loops" ends again and again. Ten requests arrive every hundredth of a second and are
shared by the weights; of an image named "bad" nine of ten fail. As with Prometheus, there is no series
of failures before the first one, and a metric that nobody counts has none ever.

    cluster.py CERTIFICATE KEY PORTS_FILE

It writes two ports: the API server's, with TLS, and one without, where Prometheus answers and faults
are given at POST /faults: [{"status": 429, "times": 3, "of": ["PATCH"]}]; they replace the ones before.
Those of "query" are Prometheus' own.
"""
import http.server, json, os, ssl, sys, threading, time, urllib.parse

TOKEN = "Bearer of-the-tests"
PER_SECOND = 1000.0
lock = threading.Lock()
faults = []
version = 100
asked = []


def deployment(name, image, replicas):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "generation": 1,
                     "resourceVersion": "1", "annotations": {}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"place": name}},
                 "template": {"spec": {"containers": [
                     {"name": "logger", "image": "logger:1"},
                     {"name": "search", "image": image}]}}},
    }


objects = {
    "httproutes/search": {
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "search", "namespace": "shop", "generation": 1,
                     "resourceVersion": "1", "annotations": {"owner": "shop-team"}},
        "spec": {"parentRefs": [{"name": "public"}],
                 "rules": [{"backendRefs": [{"name": "search-blue", "port": 80}]}]},
    },
    "deployments/search-blue": deployment("search-blue", "search:one", 2),
    "deployments/search-green": deployment("search-green", "search:none", 0),
}
# Requests counted by Service, and when that was; the shares of the route.
counted = {"search-blue": [0.0, 0.0], "search-green": [0.0, 0.0]}
shares = {"search-blue": 1.0, "search-green": 0.0}
history = {name: [(time.time() - 300, 0.0, 0.0)] for name in counted}
count_at = time.time() - 300


def image_of(place):
    return objects["deployments/" + place]["spec"]["template"]["spec"]["containers"][1]["image"]


def count():
    """Adds the requests of the time since the last count."""
    global count_at
    now = time.time()
    for place, share in shares.items():
        requests = (now - count_at) * PER_SECOND * share
        counted[place][0] += requests
        counted[place][1] += requests * (0.9 if "bad" in image_of(place) else 0.0)
        history[place].append((now, *counted[place]))
    count_at = now


def merge(into, part):
    """What a server-side apply does to maps; containers are a list by name."""
    for key, value in part.items():
        if key == "containers":
            for given in value:
                merge(next(one for one in into[key] if one["name"] == given["name"]), given)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def with_status(name):
    """An object with the status that its controllers would give it by now."""
    object_ = json.loads(json.dumps(objects[name]))
    now = object_["metadata"]["generation"]
    if name.startswith("httproutes"):
        condition = lambda kind: {"type": kind, "status": "True", "observedGeneration": now}
        object_["status"] = {"parents": [
            {"parentRef": {"name": "public"},
             "conditions": [condition("Accepted"), condition("ResolvedRefs")]}]}
        return object_
    replicas = object_["spec"]["replicas"]
    loops = "loops" in object_["spec"]["template"]["spec"]["containers"][1]["image"]
    object_["status"] = {"observedGeneration": now}
    if replicas:
        object_["status"].update({"replicas": replicas, "updatedReplicas": replicas})
        if not loops:
            object_["status"]["availableReplicas"] = replicas
    return object_


def status(code, reason, message):
    return code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason,
                  "code": code, "message": message}


def apply(name, part):
    global version
    object_ = objects[name]
    given = part["metadata"].pop("resourceVersion", None)
    if given is not None and given != object_["metadata"]["resourceVersion"]:
        return status(409, "Conflict", "Operation cannot be fulfilled: the object has been modified; "
                      "please apply your changes to the latest version and try again")
    count()
    before = json.dumps(object_["spec"])
    merge(object_, part)
    version += 1
    object_["metadata"]["resourceVersion"] = str(version)
    object_["metadata"]["generation"] += before != json.dumps(object_["spec"])
    backends = objects["httproutes/search"]["spec"]["rules"][0]["backendRefs"]
    whole = sum(one.get("weight", 1) for one in backends)
    for place in shares:
        mine = sum(one.get("weight", 1) for one in backends if one["name"] == place)
        shares[place] = mine / whole
    return 200, with_status(name)


def query(text):
    """increase(KIND{service="NAME"}[SECONDSs]), which is all that the plan asks, or that or vector(0)."""
    text, or_zero, _ = text.partition(" or vector(0)")
    kind, rest = text.split("{service=\"")
    place, rest = rest.split("\"}[")
    since = time.time() - float(rest.rstrip("])s"))
    count()
    which = 2 if "failures" in kind else 1
    then = next((one for one in reversed(history[place]) if one[0] <= since), history[place][0])
    value = history[place][-1][which] - then[which]
    known = kind in ("increase(requests", "increase(failures") and history[place][-1][which] > 0
    series = [{"metric": {}, "value": [time.time(), str(value if known else 0)]}]
    return 200, {"status": "success", "data": {
        "resultType": "vector", "result": series if known or or_zero else []}}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body, headers={}):
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")

    def fault(self, asked):
        for fault in faults:
            if fault["times"] > 0 and asked in fault["of"]:
                fault["times"] -= 1
                return fault["status"]

    def handle_one(self):
        address = urllib.parse.urlsplit(self.path)
        given = self.body()
        if address.path == "/faults":
            faults[:] = given
            return self.answer(200, {})
        if address.path == "/asked":
            return self.answer(200, asked)
        if address.path == "/api/v1/query":
            if self.fault("query") is not None:
                return self.connection.close()
            return self.answer(*query(urllib.parse.parse_qs(address.query)["query"][0]))
        fault = self.fault(self.command)
        if fault == 429:
            return self.answer(*status(429, "TooManyRequests", "too many requests"),
                               {"Retry-After": "1"})
        if fault == 409:
            return self.answer(*status(409, "Conflict", "the object has been modified"))
        if fault == 401 or self.headers.get("Authorization") != TOKEN:
            return self.answer(*status(401, "Unauthorized", "Unauthorized"))
        if fault == 0:
            # No answer at all.
            return self.connection.close()
        if "/pods" in address.path:
            return self.answer(200, {"kind": "PodList", "items": [{"status": {"containerStatuses": [
                {"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}]})
        name = "/".join(address.path.split("/")[-2:])
        if name not in objects or "/namespaces/shop/" not in address.path:
            return self.answer(*status(404, "NotFound", f"{name} not found"))
        if self.command == "PATCH":
            parameters = urllib.parse.parse_qs(address.query)
            kind = self.headers.get("Content-Type")
            if parameters.get("fieldManager") != ["adjutant"] or kind != "application/apply-patch+yaml":
                return self.answer(*status(400, "BadRequest", "no apply of ours"))
            asked.append({"name": name, "part": given})
            return self.answer(*apply(name, json.loads(json.dumps(given))))
        return self.answer(200, with_status(name))

    def do_GET(self):
        with lock:
            self.handle_one()

    do_PATCH = do_POST = do_GET

    def log_message(self, *words):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
with_tls, without = Server(("127.0.0.1", 0), Answer), Server(("127.0.0.1", 0), Answer)
with_tls.socket = context.wrap_socket(with_tls.socket, server_side=True, do_handshake_on_connect=False)
with open(sys.argv[3] + ".new", "w") as file:
    file.write(f"{with_tls.server_address[1]} {without.server_address[1]}")
os.rename(sys.argv[3] + ".new", sys.argv[3])
threading.Thread(target=without.serve_forever, daemon=True).start()
with_tls.serve_forever()
