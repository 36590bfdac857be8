use crate::support::Harness;

#[test]
fn sp_194_health_and_readiness_answer_without_data() {
    let server = Harness::new();
    assert_eq!(server.get("/healthz").expect(200).body, "ok");
    assert_eq!(server.get("/readyz").expect(200).body, "ready");
}
