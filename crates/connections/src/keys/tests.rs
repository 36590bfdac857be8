use std::sync::Arc;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use countersign_oauth::{BoxFuture, FetchError, FetchRequest, FetchResponse, HttpFetch, Seconds, Timestamp};
use countersign_testkit::{FakeVerifier, NOW, block_on, vectors};
use serde_json::{Value, json};

use super::UpstreamKeys;
use crate::UpstreamError;

const URL: &str = "https://idp.example/keys";

/// Answers what it is told to, and counts.
struct Publisher {
    answer: Mutex<Result<Vec<u8>, FetchError>>,
    calls: Mutex<usize>,
}

impl Publisher {
    fn of(kids: &[&str]) -> Self {
        let publisher = Self { answer: Mutex::new(Err(FetchError::Unreachable)), calls: Mutex::new(0) };
        publisher.publish(kids);
        publisher
    }

    fn publish(&self, kids: &[&str]) {
        let key: Value = serde_json::from_str(vectors::RFC9449_JWK).unwrap();
        let keys = kids.iter().map(|kid| {
            let mut key = key.clone();
            key["kid"] = json!(kid);
            key
        });
        let set = json!({ "keys": keys.collect::<Vec<_>>() });
        *self.answer.lock().unwrap() = Ok(set.to_string().into_bytes());
    }

    fn answer(&self, answer: Result<Vec<u8>, FetchError>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn calls(&self) -> usize {
        *self.calls.lock().unwrap()
    }
}

impl HttpFetch for Publisher {
    fn fetch<'a>(&'a self, _: FetchRequest) -> BoxFuture<'a, Result<FetchResponse, FetchError>> {
        let mut polled = false;
        // It answers at the second poll, so that callers can meet.
        Box::pin(std::future::poll_fn(move |cx| {
            if !polled {
                polled = true;
                *self.calls.lock().unwrap() += 1;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let content_type = "application/json".to_owned();
            Poll::Ready(self.answer.lock().unwrap().clone().map(|body| FetchResponse {
                status: 200,
                content_type,
                headers: Vec::new(),
                body,
            }))
        }))
    }
}

fn keys() -> UpstreamKeys {
    UpstreamKeys::new(Arc::new(FakeVerifier))
}

fn after(seconds: i64) -> Timestamp {
    NOW.plus(Seconds(seconds))
}

fn find(keys: &UpstreamKeys, kid: &str, publisher: &Publisher, now: Timestamp) -> Result<(), UpstreamError> {
    block_on(keys.find(URL, kid, publisher, now)).map(drop)
}

#[test]
fn sp_145_a_set_is_fetched_once_and_again_for_an_unknown_kid_after_30_seconds() {
    let (keys, publisher) = (keys(), Publisher::of(&["a"]));
    for _ in 0..3 {
        find(&keys, "a", &publisher, NOW).unwrap();
    }
    publisher.publish(&["b"]);
    assert_eq!(find(&keys, "b", &publisher, after(29)).unwrap_err().rule(), "connections.id_token");
    assert_eq!(publisher.calls(), 1);
    find(&keys, "b", &publisher, after(30)).unwrap();
    for kid in ["x", "y", "z"] {
        find(&keys, kid, &publisher, after(31)).unwrap_err();
    }
    assert_eq!(publisher.calls(), 2);
    // What was withdrawn is gone within the hour, without an unknown kid too.
    publisher.publish(&["c"]);
    find(&keys, "b", &publisher, after(3629)).unwrap();
    find(&keys, "b", &publisher, after(3630)).unwrap_err();
}

#[test]
fn sp_145_many_at_once_make_one_call() {
    let (keys, publisher) = (keys(), Publisher::of(&["a"]));
    let mut waiting: Vec<_> = (0..16).map(|_| Box::pin(keys.find(URL, "a", &publisher, NOW))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        waiting.retain_mut(|one| {
            one.as_mut().poll(&mut context).map(|found| assert!(found.is_ok())).is_pending()
        });
    }
    assert!(waiting.is_empty());
    assert_eq!(publisher.calls(), 1);
}

#[test]
fn sp_145_who_hangs_up_keeps_nobody_from_the_first_set() {
    let (keys, publisher) = (keys(), Publisher::of(&["a"]));
    let mut gone = Box::pin(keys.find(URL, "a", &publisher, NOW));
    assert!(gone.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(gone);
    find(&keys, "a", &publisher, NOW).unwrap();
}

#[test]
fn sp_145_a_failure_is_remembered_and_an_old_set_serves_for_a_day() {
    let (keys, publisher) = (keys(), Publisher::of(&["a"]));
    publisher.answer(Err(FetchError::TimedOut));
    for _ in 0..3 {
        assert_eq!(find(&keys, "a", &publisher, NOW).unwrap_err().rule(), "connections.unavailable");
    }
    assert_eq!(publisher.calls(), 1);
    publisher.publish(&["a"]);
    find(&keys, "a", &publisher, after(30)).unwrap();
    publisher.answer(Err(FetchError::Unreachable));
    find(&keys, "a", &publisher, after(30 + 86_399)).unwrap();
    let old = find(&keys, "a", &publisher, after(30 + 86_400 + 30)).unwrap_err();
    assert_eq!(old.rule(), "connections.unavailable");
}

#[test]
fn sp_144_a_set_that_is_too_large_is_none() {
    let publisher = Publisher::of(&["a"]);
    let many: Vec<String> = (0..101).map(|n| format!("k{n}")).collect();
    publisher.publish(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(find(&keys(), "k0", &publisher, NOW).unwrap_err().rule(), "connections.unavailable");
    let mut long = br#"{"keys":[],"x":""#.to_vec();
    long.resize(128 * 1024, b'x');
    long.extend(br#""}"#);
    publisher.answer(Ok(long));
    assert_eq!(find(&keys(), "a", &publisher, NOW).unwrap_err().rule(), "connections.unavailable");
}
