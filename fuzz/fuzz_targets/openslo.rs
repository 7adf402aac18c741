#![no_main]

use adjutant_objective::{
    OpenSloDocument, PlacedDocument, alertmanager_routes, prometheus_rules, read_openslo, resolve,
    write_openslo,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let placed = match read_openslo("here", bytes) {
        Ok(placed) => placed,
        Err(error) => {
            assert!(error.line >= 1);
            return;
        }
    };
    let plain = |placed: &[PlacedDocument]| -> Vec<OpenSloDocument> {
        placed
            .iter()
            .map(|placed| placed.document.clone())
            .collect()
    };
    let documents = plain(&placed);
    let written = write_openslo(&documents).expect("documents are JSON");
    let again = read_openslo("there", written.as_bytes()).expect("what is written is read");
    assert_eq!(plain(&again), documents);
    if let Ok(objectives) = resolve(&placed) {
        prometheus_rules(&objectives).expect("what is resolved has queries");
        alertmanager_routes(&objectives);
    }
});
