# A collector that decodes OTLP with OpenTelemetry's own classes and prints each span as a line of JSON.
# Its argument says how it answers: take, refuse (500), or stall (never).
import http.server, json, sys, threading
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

def value(of):
    return getattr(of, of.WhichOneof("value"))

class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if sys.argv[1] == "stall":
            threading.Event().wait()
        if sys.argv[1] == "take":
            self.decode(body)
        self.send_response(200 if sys.argv[1] == "take" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def decode(self, body):
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            of = {a.key: value(a.value) for a in resource.resource.attributes}
            for span in (s for scope in resource.scope_spans for s in scope.spans):
                print(json.dumps({
                    "service": of["service.name"], "name": span.name, "kind": span.kind,
                    "trace": span.trace_id.hex(), "span": span.span_id.hex(),
                    "parent": span.parent_span_id.hex(), "status": span.status.code,
                    "lasted": span.end_time_unix_nano - span.start_time_unix_nano,
                    "header": self.headers["x-team"],
                    "attributes": {a.key: value(a.value) for a in span.attributes},
                }), flush=True)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
server.serve_forever()
