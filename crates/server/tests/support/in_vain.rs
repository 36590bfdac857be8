use std::fmt::Debug;

use countersign_oauth::{AuthorizationId, HandleHash};
use countersign_storage::SingleUseKind;
use countersign_testkit::block_on;

use super::{Harness, Request, Response};

/// What the store holds, as text: two of them are compared.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored(Vec<String>);

impl Harness {
    /// Everything that can be listed, the log apart, and what these codes and tokens stand for.
    pub fn stored(&self, shown: &[&str]) -> Stored {
        let storage = &*self.storage;
        let mut rows = Vec::new();
        let mut keep = |row: &dyn Debug| rows.push(format!("{row:?}"));
        let clients = block_on(storage.clients()).unwrap();
        let apis = block_on(storage.resource_servers()).unwrap();
        keep(&block_on(storage.configuration_version()).unwrap());
        keep(&(&clients, &apis));
        for user in block_on(storage.users(100)).unwrap() {
            keep(&user);
            keep(&block_on(storage.families_of_user(&user.id)).unwrap());
            for session in block_on(storage.sessions_of_user(&user.id)).unwrap() {
                keep(&session);
                keep(&block_on(storage.session_clients(&session.id)).unwrap());
            }
            for client in &clients {
                for audience in apis.iter().map(|api| api.identifier.clone()).chain(["".into()]) {
                    keep(&block_on(storage.consent(&user.id, &client.id, &audience)).unwrap());
                }
            }
        }
        for shown in shown {
            let handle = HandleHash::of(shown);
            let code = block_on(storage.single_use(SingleUseKind::AuthorizationCode, &handle)).unwrap();
            let refresh = block_on(storage.refresh_token(&handle)).unwrap();
            let access = block_on(storage.access_token(&handle)).unwrap();
            let authorizations: Vec<AuthorizationId> = [
                code.as_ref().and_then(|code| code.authorization_id.clone()),
                refresh.as_ref().map(|(_, family)| family.authorization_id.clone()),
                access.as_ref().and_then(|access| access.authorization_id.clone()),
            ]
            .into_iter()
            .flatten()
            .collect();
            keep(&(code, refresh, access));
            keep(&block_on(storage.has_spent_successor(&handle)).unwrap());
            for id in authorizations {
                keep(&block_on(storage.authorization(&id)).unwrap());
            }
        }
        Stored(rows)
    }

    /// Sends what must be refused with this status: nothing is written, and the log says no success.
    pub fn send_in_vain(&self, request: &Request, shown: &[&str], status: u16) -> Response {
        let before = self.stored(shown);
        let logged = block_on(self.storage.log_events(1000)).unwrap().len();
        let answer = self.send(request).expect(status);
        assert_eq!(self.stored(shown), before, "a refusal wrote something");
        let log = block_on(self.storage.log_events(1000)).unwrap();
        for row in log.iter().take(log.len() - logged) {
            assert!(row.event.starts_with('f'), "a refusal was logged as {row:?}");
        }
        answer
    }

    /// Sends what must be refused as JSON with exactly this text, in a form that no cache keeps.
    pub fn refuse(
        &self,
        request: &Request,
        shown: &[&str],
        (status, code, description): (u16, &str, &str),
    ) -> Response {
        let answer = self.send_in_vain(request, shown, status).expect_error(status, code, description);
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(answer.all("set-cookie").is_empty());
        answer
    }

    /// A token request that must be refused so.
    pub fn refuse_token(
        &self,
        pairs: &[(&str, &str)],
        shown: &[&str],
        refusal: (u16, &str, &str),
    ) -> Response {
        self.refuse(&Request::post_form(self.url("/oauth/token"), pairs), shown, refusal)
    }
}
