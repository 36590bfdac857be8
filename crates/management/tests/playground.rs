//! The playground's client stands beside every tenant and is part of none.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use countersign_management::{
    PLAYGROUND_ID, SAMPLE_PORTS, SampleSecrets, SampleTenant, StoreContent, apply_playground, apply_sample,
    describe, first_database, store_content,
};
use countersign_storage::{Clients, Listing};
use countersign_testkit::{SeededRandom, block_on};
use support::{Desk, PlainHasher};

const TENANT: &str = "clients:\n  - name: Mine\n    client_id: MineMineMineMineMineMineMineMine\n    app_type: spa\n\
                      databases:\n  - name: Mine\n    strategy: auth0\n    enabled_clients: [Mine]\n";

fn callbacks() -> Vec<String> {
    ["https://localhost:3443/playground", "http://localhost:3000/playground"].map(str::to_owned).into()
}

fn add(desk: &Desk, callbacks: &[String]) {
    block_on(apply_playground(callbacks, &desk.admin())).unwrap();
}

fn playground(desk: &Desk) -> Option<countersign_storage::Client> {
    block_on(desk.storage.client(&PLAYGROUND_ID.into())).unwrap()
}

fn start_sample(desk: &Desk) {
    let secrets = SampleSecrets::generate(&SeededRandom::new(7));
    let sample = SampleTenant::new(&SAMPLE_PORTS, &secrets).unwrap();
    block_on(apply_sample(&sample, &desk.sealer, &PlainHasher, &desk.admin())).unwrap();
    add(desk, &callbacks());
}

#[test]
fn a_tenant_file_applied_again_beside_the_playground_changes_nothing() {
    let desk = Desk::new();
    for _ in 0..2 {
        desk.apply(TENANT);
        add(&desk, &callbacks());
    }
    let client = playground(&desk).unwrap();
    assert_eq!(client.id.as_str().len(), 32);
    assert!(client.settings.is_public() && client.secret.is_none());
    assert_eq!(client.settings.callbacks, callbacks());
    assert_eq!(client.settings.web_origins, ["https://localhost:3443", "http://localhost:3000"]);
    let database = block_on(first_database(&desk.storage)).unwrap().unwrap();
    assert_eq!(database.settings.enabled_clients.len(), 2);
    let before = (desk.configuration_version(), desk.log().len());
    desk.apply(TENANT);
    add(&desk, &callbacks());
    assert_eq!((desk.configuration_version(), desk.log().len()), before);
    assert_eq!(block_on(first_database(&desk.storage)).unwrap().unwrap().epoch, database.epoch);
}

#[test]
fn the_sample_tenant_stays_a_sample_beside_the_playground_and_gives_way_as_before() {
    let desk = Desk::new();
    start_sample(&desk);
    let before = (desk.configuration_version(), desk.log().len());
    start_sample(&desk);
    assert_eq!((desk.configuration_version(), desk.log().len()), before);
    assert_eq!(block_on(store_content(&desk.storage)).unwrap(), StoreContent::Sample);
    let described = block_on(describe(&desk.storage, &desk.sealer, 1)).unwrap();
    assert!(described.clients.iter().all(|client| client.client_id.as_str() != PLAYGROUND_ID));
    desk.apply(TENANT);
    add(&desk, &callbacks());
    assert_eq!(block_on(store_content(&desk.storage)).unwrap(), StoreContent::Tenant);
    let ids: Vec<String> =
        block_on(desk.storage.clients()).unwrap().iter().map(|client| client.id.to_string()).collect();
    assert_eq!(ids, [PLAYGROUND_ID, "MineMineMineMineMineMineMineMine"]);
}

#[test]
fn other_ports_make_other_callbacks_and_those_of_before_are_gone() {
    let desk = Desk::with(TENANT);
    add(&desk, &callbacks());
    let epoch = playground(&desk).unwrap().epoch;
    let moved = ["https://localhost:4443/playground".to_owned()];
    add(&desk, &moved);
    let client = playground(&desk).unwrap();
    assert_eq!(client.settings.callbacks, moved);
    assert!(client.epoch > epoch, "what was issued for the callbacks of before must not be used");
}

#[test]
fn a_tenant_with_a_playground_of_its_own_is_left_as_it_is() {
    let own = "clients:\n  - name: My playground\n    app_type: spa\n    callbacks: \
               [https://localhost:3443/playground, http://localhost:3000/playground]\n";
    let desk = Desk::with(own);
    add(&desk, &callbacks());
    assert!(playground(&desk).is_none());

    let same_id = format!("clients:\n  - name: Theirs\n    client_id: {PLAYGROUND_ID}\n    app_type: spa\n");
    let desk = Desk::with(TENANT);
    add(&desk, &callbacks());
    desk.apply(&same_id);
    let taken = playground(&desk).unwrap();
    assert_eq!(taken.settings.name, "Theirs");
    add(&desk, &["https://localhost:4443/playground".to_owned()]);
    assert_eq!(playground(&desk).unwrap().settings, taken.settings);
}
