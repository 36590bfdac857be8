use std::time::Duration;

use countersign_server::ServeOptions;

use crate::support::{Backend, Harness, Request, Tenant};

#[test]
fn rp_025_a_drain_says_not_ready_while_it_still_accepts_and_then_closes() {
    let options = ServeOptions { drain_notice: Duration::from_secs(2), ..ServeOptions::default() };
    let mut server = Harness::start_with(Backend::Memory, Tenant::default(), options);
    server.get("/readyz").expect(200);
    let (client, ready) = (server.client(), Request::get(server.url("/readyz")));
    let asks = std::thread::spawn(move || {
        // Asked as fast as it answers: first yes, then no, then nobody is there.
        let mut seen = Vec::new();
        while let Ok(response) = client.try_send(&ready) {
            if seen.last() != Some(&response.status) {
                seen.push(response.status);
            }
        }
        seen
    });
    server.stop();
    assert_eq!(asks.join().unwrap().last(), Some(&503));
}
