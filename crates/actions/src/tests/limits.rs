#![allow(clippy::disallowed_methods, reason = "how long a run takes is what is tested")]

use std::time::Instant;

use super::*;

fn quick() -> ActionsOptions {
    ActionsOptions { timeout: Duration::from_millis(400), ..options() }
}

/// What a login fails with, and that it did within the limit.
fn failure_in_time(body: &str) -> OAuthError {
    let engine = engine(quick());
    let begun = Instant::now();
    let error = refused(block_on(engine.run_scripts(vec![action(body)], &login())));
    assert!(begun.elapsed() < Duration::from_secs(10), "{body} took {:?}", begun.elapsed());
    // The engine serves the next one.
    let again = block_on(engine.run_scripts(vec![action("api.idToken.setCustomClaim('x', 1)")], &login()));
    assert_eq!(again.unwrap().id_token_claims["x"], 1);
    error
}

#[test]
fn ext_159_sp_184_whatever_does_not_end_is_ended() {
    for body in [
        "for (;;) {}",
        "try { for (;;) {} } catch {} finally { for (;;) {} }",
        "/^(a+)+$/.test('a'.repeat(64) + 'b')",
        "for (;;) { try { null.x } catch {} }",
        "const o = { get a() { for (;;) {} } }; JSON.stringify(o)",
        "throw { get message() { for (;;) {} } }",
    ] {
        assert_eq!(failure_in_time(body).rule, "actions.timed_out", "{body}");
    }
}

#[test]
fn ext_159_sp_184_jobs_that_make_jobs_for_ever_are_ended() {
    let error = failure_in_time("const again = () => Promise.resolve().then(again); await again()");
    // Where the memory is over before the time, the job that would go on is not made.
    assert!(["actions.timed_out", "actions.never_settled"].contains(&error.rule), "{error:?}");
}

#[test]
fn ext_159_sp_184_a_loop_inside_of_the_engine_is_given_up() {
    let error = failure_in_time("Array.prototype.indexOf.call({ length: 2 ** 40 }, 1)");
    assert_eq!(error.rule, "actions.timed_out");
}

#[test]
fn sp_184_memory_is_bounded() {
    for body in [
        "const all = []; for (;;) all.push(new Array(10000).fill('x'))",
        "let s = 'x'; for (;;) s += s",
        "new ArrayBuffer(1e9)",
        "'x'.repeat(1e9)",
    ] {
        let error = failure(body);
        assert!(["actions.out_of_memory", "actions.failed"].contains(&error.rule), "{body}: {error:?}");
    }
    assert_eq!(failure("const all = []; for (;;) all.push({})").rule, "actions.out_of_memory");
}

#[test]
fn sp_184_recursion_is_bounded() {
    assert_eq!(failure("const f = () => f() + 1; f()").rule, "actions.too_deep");
    assert_eq!(
        failure("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)").rule,
        "actions.too_deep"
    );
    let nested = format!("return {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    assert!(["actions.too_deep", "actions.invalid"].contains(&failure(&nested).rule));
}

#[test]
fn a_throw_and_a_rejection_are_told_without_their_stack() {
    for body in [
        "throw new Error('no entry')",
        "await Promise.reject(new TypeError('no entry'))",
        "return Promise.reject('no entry')",
        "throw 'no entry'",
        "throw { message: 'no entry', stack: 'at secret' }",
    ] {
        let error = failure(body);
        assert_eq!((error.rule, error.describe().as_str()), ("actions.failed", "no entry"), "{body}");
    }
    for body in ["throw undefined", "throw new Error('')", "throw new Error()"] {
        assert_eq!(failure(body).describe(), "The code that runs at a login failed", "{body}");
    }
    let long = failure("throw new Error('x\\n\\u0000'.repeat(1000))").describe();
    assert!(long.chars().count() <= 256 && !long.chars().any(char::is_control));
}

#[test]
fn a_promise_that_never_settles_is_noticed_at_once() {
    let begun = Instant::now();
    assert_eq!(failure("await new Promise(() => {})").rule, "actions.never_settled");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn what_cannot_be_compiled_is_refused() {
    assert_eq!(failure("this is no JavaScript").rule, "actions.invalid");
    assert_eq!(failure(&format!("'{}'", "x".repeat(100 * 1000))).rule, "actions.invalid");
    assert_eq!(failure("'\0'").rule, "actions.invalid");
}

#[test]
fn what_a_script_decides_is_bounded() {
    for body in [
        "api.idToken.setCustomClaim('x', 'y'.repeat(100001))",
        "for (let i = 0; ; i++) { try { api.accessToken.setCustomClaim(`c${i}`, 'y'.repeat(1000)) } catch {} }",
        "for (let i = 0; ; i++) { try { api.user.setAppMetadata(`c${i}`, 1) } catch {} }",
        "for (let i = 0; i < 300; i++) api.accessToken.addScope(`s${i}`)",
        "for (;;) { try { api.rules.wasExecuted('x'.repeat(10000)) } catch {} }",
    ] {
        let engine = engine(ActionsOptions { timeout: Duration::from_secs(5), ..options() });
        let error = refused(block_on(engine.run_scripts(vec![action(body)], &login())));
        assert_eq!(error.rule, "actions.too_large", "{body}");
    }
}

#[test]
fn sp_184_one_endless_loop_among_64_runs_costs_nobody_else_anything() {
    let engine = engine(ActionsOptions { threads: 4, timeout: Duration::from_secs(8), ..options() });
    let one = |number: usize| {
        let body = if number == 7 { "for (;;) {}" } else { "api.idToken.setCustomClaim('x', 1)" };
        block_on(engine.run_scripts(vec![action(body)], &login()))
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let one = &one;
        let runs: Vec<_> = (0..64).map(|number| scope.spawn(move || one(number))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(verdict) => assert_eq!(verdict.id_token_claims["x"], 1),
            refusal => assert_eq!((number, refused(refusal).rule), (7, "actions.timed_out")),
        }
    }
}

#[test]
fn a_full_queue_is_unavailable() {
    let engine =
        engine(ActionsOptions { threads: 1, queue: 0, timeout: Duration::from_secs(2), ..options() });
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let one = || block_on(engine.run_scripts(vec![action("for (;;) {}")], &login()));
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(one)).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let unavailable = |outcome: &&Result<Verdict, Error>| matches!(outcome, Err(Error::Fault(fault)) if fault.kind == countersign_oauth::FaultKind::Unavailable);
    assert_eq!(outcomes.iter().filter(unavailable).count(), 2);
}

#[test]
fn the_time_is_that_of_all_scripts_together() {
    let engine = engine(quick());
    let spin = |id: &str| {
        let code =
            "exports.onExecutePostLogin = () => { const end = Date.now() + 250; while (Date.now() < end); }";
        Bound::new(id, id, Kind::Action, code)
    };
    let outcome = block_on(engine.run_scripts(vec![spin("a"), spin("b"), spin("c")], &login()));
    assert_eq!(refused(outcome).rule, "actions.timed_out");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// Whatever the code is, there is an answer of ours.
    #[test]
    fn no_script_panics_or_faults(body in "([a-z{}()\\[\\];=>.'\"` +!?:,&|0-9]|api\\.|event\\.|await |throw |=> |\\u{0}|\\n){0,60}") {
        let engine = engine(quick());
        match block_on(engine.run_scripts(vec![action(&body)], &login())) {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(Error::Fault(fault)) => panic!("{fault}"),
        }
    }
}
