#![allow(clippy::all, clippy::disallowed_methods)]
use std::time::Instant;
use countersign_oauth::*;
use countersign_storage::*;
use countersign_storage_contract::block_on;
use countersign_storage_sqlite::SqliteStorage;

fn code(name: &str) -> SingleUse {
    SingleUse { kind: SingleUseKind::AuthorizationCode, handle: HandleHash::of(name), second_handle: None, client_id: "client".into(), user_id: Some("auth0|123".into()), session_id: None, authorization_id: Some(name.into()), status: "issued".into(), attempts: 0, created_at: Timestamp::from_millis(0), expires_at: Timestamp::from_millis(1000), redeemed_at: None, payload: serde_json::json!({"version":1,"redirect_uri":"https://app.example.com/callback","nonce":"abcdefg","code_challenge":"abcdefghijklmnopqrstuvwxyz0123456789"}) }
}
#[test]
#[ignore]
fn bench() {
    let folder = tempfile::tempdir_in("/work").unwrap();
    let s = SqliteStorage::open(folder.path().join("b.sqlite").to_str().unwrap()).unwrap();
    for threads in [1usize, 8, 64, 256] {
        let per = if threads == 1 { 300 } else { 8000 / threads };
        let t = Instant::now();
        std::thread::scope(|sc| for th in 0..threads { let s=&s; sc.spawn(move || for i in 0..per {
            let n = format!("{threads}-{th}-{i}");
            block_on(s.commit(Changes::none().with(Change::InsertSingleUse(code(&n))))).map_err(|_|()).unwrap();
            block_on(s.commit(Changes::none().with(Change::SpendSingleUse{kind:SingleUseKind::AuthorizationCode,handle:HandleHash::of(&n),now:Timestamp::from_millis(5)}))).map_err(|_|()).unwrap();
        }); });
        let el = t.elapsed();
        println!("{threads} threads: {:.0} commits/s", (threads*per*2) as f64/el.as_secs_f64());
    }
    let user = User{ id:"u".into(), connection_id:"c".into(), email:Some("e".into()), email_verified:true, username:None, password:None, profile:Profile::default(), blocked:false, identities: vec![Identity{connection_id:"c".into(),provider:"auth0".into(),provider_user_id:"1".into()}], created_at:Timestamp::from_millis(0), updated_at:Timestamp::from_millis(0), password_changed_at:None,last_login:None,last_ip:None,logins_count:0,version:0,epoch:0};
    block_on(s.commit(Changes::none().with(Change::UpsertUser(Upsert{record:user,expected_version:None,raise_epoch:false})))).map_err(|_|()).unwrap();
    let h = HandleHash::of("64-1-1");
    let t = Instant::now();
    for _ in 0..20000 { block_on(s.single_use(SingleUseKind::AuthorizationCode, &h)).unwrap().unwrap(); }
    println!("single_use read {:.1} us", t.elapsed().as_secs_f64()*1e6/20000.0);
    let id = "u".into();
    let t = Instant::now();
    for _ in 0..20000 { block_on(s.user(&id)).unwrap().unwrap(); }
    println!("user read {:.1} us", t.elapsed().as_secs_f64()*1e6/20000.0);
    println!("wal {}", std::fs::metadata(folder.path().join("b.sqlite-wal")).unwrap().len());
}
