use countersign_crypto::OpenSslVerifier;
use countersign_jose::{Algorithm, PublicKey, Verifier as _, decode_base64url};
use serde_json::Value;

use crate::http::Response;
use crate::ledger::Fate;
use crate::tenant::authorize_url;
use crate::worker::Worker;

/// Compares a worker's ledger with the server that was started again. With `all`, families that were found
/// dead before are asked once more.
pub fn audit(worker: &mut Worker, keys: &[Value], all: bool) {
    session(worker);
    tokens(worker, keys);
    codes(worker);
    for at in 0..worker.ledger.families.len() {
        family(worker, at, all);
    }
}

fn session(worker: &mut Worker) {
    if !worker.ledger.session {
        return;
    }
    let url = authorize_url(&worker.wire.base, "none");
    match worker.browser.authorize(&url, "", "") {
        Ok(callback) if callback.contains_key("code") => worker.ledger.fresh.push(callback["code"].clone()),
        other => worker.ledger.wrong.push(format!("a session is lost: {other:?}")),
    }
}

fn tokens(worker: &mut Worker, keys: &[Value]) {
    let tokens = std::mem::take(&mut worker.ledger.tokens);
    for token in &tokens {
        if !verifies(token, keys) {
            worker.ledger.wrong.push(format!("no published key verifies {token}"));
        }
    }
    worker.ledger.tokens = tokens;
}

/// Whether one of the published keys has signed a JWT.
fn verifies(token: &str, keys: &[Value]) -> bool {
    let (input, signature) = token.rsplit_once('.').unwrap();
    let header: Value =
        serde_json::from_slice(&decode_base64url(input.split_once('.').unwrap().0).unwrap()).unwrap();
    let Some(key) = keys.iter().find(|key| key["kid"] == header["kid"]) else { return false };
    let key = PublicKey::from_jwk(key).unwrap();
    let signature = decode_base64url(signature).unwrap();
    let verifier = OpenSslVerifier::new().unwrap();
    header["alg"] == "RS256" && verifier.verify(Algorithm::RS256, &key, input.as_bytes(), &signature).is_ok()
}

/// Every code that was handed out is worth one redemption, those in flight at most one.
fn codes(worker: &mut Worker) {
    let fresh = std::mem::take(&mut worker.ledger.fresh);
    let unsure = std::mem::take(&mut worker.ledger.unsure);
    let known = fresh.iter().map(|code| (code, true));
    for (code, must) in known.chain(unsure.iter().map(|code| (code, false))) {
        let first = worker.wire.redeem(code).unwrap();
        if first.status == 200 {
            worker.add(code, &first);
        } else if must || !is_refused(&first) {
            worker.ledger.wrong.push(format!("a code that was handed out is lost: {first:?}"));
        }
        if !must || worker.dice.below(4) == 0 {
            refused(worker, "a code a second time", |worker| worker.wire.redeem(code).unwrap());
            if first.status == 200 {
                worker.ledger.families.last_mut().unwrap().fate = Fate::Dead;
            }
        }
    }
}

fn family(worker: &mut Worker, at: usize, all: bool) {
    let family = &worker.ledger.families[at];
    if family.settled && !all {
        return;
    }
    if family.fate != Fate::Dead {
        let must = family.fate == Fate::Alive;
        let answer = worker.wire.refresh(&family.newest).unwrap();
        let works = answer.status == 200;
        if works {
            worker.rotate(at, &answer);
        } else if must || !is_refused(&answer) {
            worker.ledger.wrong.push(format!("an acknowledged refresh token is lost: {answer:?}"));
        }
        worker.ledger.families[at].fate = if works { Fate::Alive } else { Fate::Dead };
    }
    // What was spent is tried too; that ends the family, so some go on living.
    if worker.ledger.families[at].fate == Fate::Alive && worker.dice.below(5) > 0 {
        return;
    }
    let (code, newest) = (worker.ledger.families[at].code.clone(), worker.ledger.families[at].newest.clone());
    let spent = &worker.ledger.families[at].spent;
    let old = (!spent.is_empty()).then(|| spent[worker.dice.index(spent.len())].clone());
    match old {
        Some(old) if worker.dice.below(2) == 0 => {
            refused(worker, "a spent refresh token", |worker| worker.wire.refresh(&old).unwrap());
        }
        _ => refused(worker, "a spent code", |worker| worker.wire.redeem(&code).unwrap()),
    }
    refused(worker, "a dead family", |worker| worker.wire.refresh(&newest).unwrap());
    let family = &mut worker.ledger.families[at];
    (family.fate, family.settled) = (Fate::Dead, true);
}

fn refused(worker: &mut Worker, what: &str, ask: impl Fn(&Worker) -> Response) {
    let answer = ask(worker);
    if !is_refused(&answer) {
        worker.ledger.wrong.push(format!("{what} is not refused: {answer:?}"));
    }
}

fn is_refused(answer: &Response) -> bool {
    answer.status == 403 && answer.json()["error"] == "invalid_grant"
}
