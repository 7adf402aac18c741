//! The bytes of an OTLP request (opentelemetry-proto 1.x, `ExportTraceServiceRequest`). Only what is
//! sent can be written; numbers in the comments are those of the fields.

use super::export::FinishedSpan;
use super::field::FieldValue;

/// A message that is being written.
#[derive(Default)]
struct Message(Vec<u8>);

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

impl Message {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn key(&mut self, field: u32, wire: u32) {
        self.number(u64::from(field << 3 | wire));
    }

    fn varint(&mut self, field: u32, number: u64) {
        self.key(field, VARINT);
        self.number(number);
    }

    fn fixed64(&mut self, field: u32, number: u64) {
        self.key(field, FIXED64);
        self.0.extend(number.to_le_bytes());
    }

    fn fixed32(&mut self, field: u32, number: u32) {
        self.key(field, FIXED32);
        self.0.extend(number.to_le_bytes());
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.key(field, LENGTH);
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u32, message: &Self) {
        self.bytes(field, &message.0);
    }
}

/// A request with the spans of one service.
pub(super) fn request(service: &str, spans: &[FinishedSpan]) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let mut resource = Message::default();
    for (key, value) in [("service.name", service), ("service.version", version)] {
        let value = FieldValue::Text(value.to_owned());
        resource.message(1, &attribute(key, &value));
    }
    let mut scope = Message::default();
    scope.text(1, "adjutant");
    scope.text(2, version);
    let mut of_scope = Message::default();
    of_scope.message(1, &scope);
    for one in spans {
        of_scope.message(2, &span(one));
    }
    let mut of_resource = Message::default();
    of_resource.message(1, &resource);
    of_resource.message(2, &of_scope);
    let mut request = Message::default();
    request.message(1, &of_resource);
    request.0
}

fn span(of: &FinishedSpan) -> Message {
    const INTERNAL: u64 = 1;
    const SERVER: u64 = 2;
    const CLIENT: u64 = 3;
    const ERROR: u64 = 2;
    let mut span = Message::default();
    span.bytes(1, of.context.trace());
    span.bytes(2, of.context.span());
    if let Some(parent) = &of.parent {
        span.bytes(4, parent.span());
    }
    span.text(5, of.name.as_deref().unwrap_or(of.otherwise));
    span.varint(
        6,
        match of.kind.as_deref() {
            Some("server") => SERVER,
            Some("client") => CLIENT,
            Some(_) | None => INTERNAL,
        },
    );
    span.fixed64(7, of.began);
    span.fixed64(8, of.ended);
    for (key, value) in of.fields.iter() {
        span.message(9, &attribute(key, value));
    }
    if let Some(because) = &of.failed {
        let mut status = Message::default();
        status.text(2, because);
        status.varint(3, ERROR);
        span.message(15, &status);
    }
    // Flags: sampled.
    span.fixed32(16, 1);
    span
}

fn attribute(key: &str, value: &FieldValue) -> Message {
    let mut any = Message::default();
    match value {
        FieldValue::Text(text) => any.text(1, text),
        FieldValue::Flag(flag) => any.varint(2, u64::from(*flag)),
        FieldValue::Integer(number) => any.varint(3, *number as u64),
        FieldValue::Real(number) => any.fixed64(4, number.to_bits()),
    }
    let mut attribute = Message::default();
    attribute.text(1, key);
    attribute.message(2, &any);
    attribute
}
