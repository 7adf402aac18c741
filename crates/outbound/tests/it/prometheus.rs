//! A real Prometheus is asked: numbers, ranges, native histograms, and every way of nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use adjutant_domain::{Absence, Data, Unit};

use crate::server::{Server, ask, free_port, record};

/// Where Debian's package `prometheus` puts the program.
const PROGRAM: &str = "/usr/bin/prometheus";

/// Observations that each scrape adds to the exporter's histogram.
const PER_SCRAPE: u64 = 30;

/// Encodes what Prometheus scrapes: protobuf, because native histograms exist only there
/// (io.prometheus.client.MetricFamily, each with its length before it).
mod exposition {
    fn varint(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number > 127 {
            bytes.push((number & 127) as u8 | 128);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    }

    fn number(tag: u64, value: u64) -> Vec<u8> {
        [varint(tag << 3), varint(value)].concat()
    }

    fn signed(tag: u64, value: i64) -> Vec<u8> {
        number(tag, ((value << 1) ^ (value >> 63)) as u64)
    }

    fn double(tag: u64, value: f64) -> Vec<u8> {
        [varint(tag << 3 | 1), value.to_le_bytes().to_vec()].concat()
    }

    fn nested(tag: u64, bytes: &[u8]) -> Vec<u8> {
        [
            varint(tag << 3 | 2),
            varint(bytes.len() as u64),
            bytes.to_vec(),
        ]
        .concat()
    }

    fn family(name: &str, kind: u64, metric: &[u8]) -> Vec<u8> {
        let body = [
            nested(1, name.as_bytes()),
            number(3, kind),
            nested(4, metric),
        ]
        .concat();
        [varint(body.len() as u64), body].concat()
    }

    /// A counter, a counter that stays 0, and a native histogram of schema 0 whose three buckets
    /// (1 s to 2 s, 2 s to 4 s, 4 s to 8 s) hold 10 observations a scrape each.
    pub(super) fn after(scrapes: u64) -> Vec<u8> {
        let counter = |value| nested(3, &double(1, value));
        let each = 10 * scrapes as i64;
        let span = [signed(1, 1), number(2, 3)].concat();
        let histogram = [
            number(1, super::PER_SCRAPE * scrapes),
            double(2, 1.0),
            signed(5, 0),
            double(6, 1e-9),
            number(7, 0),
            nested(12, &span),
            signed(13, each),
            signed(13, 0),
            signed(13, 0),
        ]
        .concat();
        [
            family("requests_total", 0, &counter(41.0 * scrapes as f64)),
            family("errors_total", 0, &counter(0.0)),
            family("request_duration_seconds", 4, &nested(7, &histogram)),
        ]
        .concat()
    }
}

/// Answers scrapes until the test ends.
fn start_exporter(scrapes: &Arc<AtomicU64>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let scrapes = Arc::clone(scrapes);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty());
            assert!(request.count() > 1);
            let body = exposition::after(1 + scrapes.fetch_add(1, Ordering::SeqCst));
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\nContent-Type: \
                 application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited\r\n\r\n",
                body.len()
            );
            stream
                .write_all(&[head.as_bytes(), &body].concat())
                .unwrap();
        }
    });
    port
}

fn start_prometheus(folder: &Path, exporter: u16) -> Server {
    let program = Path::new(PROGRAM);
    assert!(
        program.exists(),
        "{PROGRAM} is missing: install Debian's package `prometheus`"
    );
    let configuration = folder.join("prometheus.yml");
    let text = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: search\n  \
         static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n"
    );
    std::fs::write(&configuration, text).unwrap();
    Server::start(program, "/-/ready", |port| {
        vec![
            format!("--config.file={}", configuration.display()),
            format!("--storage.tsdb.path={}", folder.join("data").display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
            "--enable-feature=native-histograms".to_owned(),
        ]
    })
}

fn query(expression: &str) -> String {
    let mut address = reqwest::Url::parse("http://h/api/v1/query").unwrap();
    address.query_pairs_mut().append_pair("query", expression);
    format!("/api/v1/query?{}", address.query().unwrap())
}

#[test]
fn a_live_prometheus_gives_numbers_ranges_histograms_and_five_kinds_of_nothing() {
    let scrapes = Arc::new(AtomicU64::new(0));
    let folder = tempfile::tempdir().unwrap();
    let server = start_prometheus(folder.path(), start_exporter(&scrapes));
    let deadline = Instant::now() + Duration::from_secs(40);
    let scraped = server.address(&query("count_over_time(requests_total[1m]) > 2"));
    while ask(&scraped, None)[0].data == Data::Absent(Absence::EmptyResult) {
        assert!(Instant::now() < deadline, "Prometheus does not scrape");
        std::thread::sleep(Duration::from_millis(200));
    }
    numbers_are_read(&server);
    histograms_are_read(&server);
    nothing_is_five_reasons(&server);
}

fn numbers_are_read(server: &Server) {
    let up = ask(&server.address(&query("up")), Some("availability"));
    assert_eq!(up[0].measure.as_str(), "availability");
    assert!(
        matches!(&up[0].data, Data::Scalar(scalar) if scalar.value == 1.0),
        "{up:?}"
    );
    let first = ask(&server.address(&query("time()")), None);
    let Data::Scalar(now) = &first[0].data else {
        panic!("{first:?}");
    };
    let range = format!(
        "/api/v1/query_range?query=requests_total&start={}&end={}&step=1",
        now.value - 3.0,
        now.value
    );
    let range = ask(&server.address(&range), None);
    let [values, times] = range.as_slice() else {
        panic!("{range:?}");
    };
    assert_eq!(values.measure.as_str(), "requests_total");
    assert_eq!(times.measure.as_str(), "timestamp_ms");
    let Data::Samples(samples) = &values.data else {
        panic!("{values:?}");
    };
    assert!(
        samples.values.iter().all(|value| value % 41.0 == 0.0),
        "{samples:?}"
    );
    assert_eq!(values.data.n(), times.data.n());
}

fn histograms_are_read(server: &Server) {
    let found = ask(
        &server.address(&query("request_duration_seconds")),
        Some("latency_ms"),
    );
    let Data::Histogram(histogram) = &found[0].data else {
        panic!("{found:?}");
    };
    assert_eq!(found[0].unit, Unit::Milliseconds);
    assert_eq!(histogram.count() % PER_SCRAPE, 0);
    let bounds: Vec<_> = histogram.buckets.iter().map(|b| (b.low, b.high)).collect();
    assert_eq!(bounds, [(1e3, 2e3), (2e3, 4e3), (4e3, 8e3)]);
}

fn nothing_is_five_reasons(server: &Server) {
    for (expression, expected) in [
        ("no_such_metric", Absence::EmptyResult),
        ("0/0", Absence::NotANumber),
        ("errors_total / errors_total", Absence::NotANumber),
        ("scalar(errors_total / errors_total)", Absence::NotANumber),
        ("vector(1)/0", Absence::Infinite),
        ("vector(-1)/0", Absence::Infinite),
        ("scalar(no_such_metric)", Absence::AbsentSeries),
        ("1 + scalar(sum(no_such_metric))", Absence::AbsentSeries),
        ("requests_total / on(job) scalar(", refused("bad_data")),
    ] {
        let found = ask(&server.address(&query(expression)), None);
        let Data::Absent(absence) = &found[0].data else {
            panic!("{expression}: {found:?}");
        };
        match (absence, expected) {
            (Absence::SourceRefused(words), Absence::SourceRefused(part)) => {
                assert!(
                    words.starts_with("HTTP 400: ") && words.contains(&part),
                    "{words}"
                );
            }
            (absence, expected) => assert_eq!(*absence, expected, "{expression}"),
        }
    }
    let timed_out = server.address(&format!("{}&timeout=0.000001", query("up")));
    let found = ask(&timed_out, None);
    let Data::Absent(Absence::SourceRefused(words)) = &found[0].data else {
        panic!("{found:?}");
    };
    // It may time out in the queue or in the evaluation.
    assert!(
        words.starts_with("HTTP 503: timeout: query timed out in "),
        "{words}"
    );
}

fn refused(words: &str) -> Absence {
    Absence::SourceRefused(words.to_owned())
}

#[test]
fn a_server_that_is_not_there_is_a_refusal_and_its_credentials_are_not_kept() {
    let address = format!("http://me:hidden@127.0.0.1:{}{}", free_port(), query("up"));
    let found = ask(&address, None);
    let Data::Absent(Absence::SourceRefused(words)) = &found[0].data else {
        panic!("{found:?}");
    };
    assert!(words.contains("onnection refused"), "{words}");
    let record = String::from_utf8(record(&address, None)).unwrap();
    assert!(!record.contains("hidden"), "{record}");
}
