use crate::http::Request;
use crate::process::{Ended, Process, countersign, run, run_with_input};
use crate::user::Person;

/// What the command says of a token that comes on standard input.
fn explain(data: &str, token: &str) -> Ended {
    let ended = run_with_input(countersign(&["explain", "-", "--data", data]), token);
    assert!(!ended.out.contains(token) && !ended.err.contains(token), "the token is shown: {ended:?}");
    ended
}

fn told(data: &str, token: &str, lines: &[&str]) -> String {
    let ended = explain(data, token);
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    for line in lines {
        assert!(ended.out.contains(line), "{line} is not in {}", ended.out);
    }
    ended.out
}

#[test]
fn tokens_of_a_login_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let data = folder.path().join("data").display().to_string();
    let person = Person::sign_in(&server);
    let id = server.ready["users"][0]["user_id"].as_str().unwrap();
    told(
        &data,
        &person.access_token,
        &[
            "access token: opaque, for userinfo alone",
            "valid until ",
            "first party",
            &format!("grant: a login of {id}, authorized at "),
            "audience userinfo: ",
            "scope openid: asked for; OpenID Connect's own",
            "scope offline_access: asked for; the client has the refresh_token grant",
            "binding: none",
        ],
    );
    told(&data, &person.refresh_token, &["refresh token: one that ", "good; it ends", "scope profile: "]);

    let unknown = explain(&data, "no-such-token");
    assert!(
        unknown.code == Some(1) && unknown.err.contains("this is no token of this tenant"),
        "{unknown:?}"
    );
    let changed = explain(&data, &format!("{}x", person.refresh_token));
    assert_eq!(changed.code, Some(1), "{changed:?}");
    let shown = run(countersign(&["explain", &person.access_token, "--data", &data]));
    assert!(shown.code == Some(0) && shown.err.contains("in the shell's history"), "{shown:?}");
}

#[test]
fn a_machines_token_names_its_client_grant_and_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::dev(folder.path(), &[]);
    let data = folder.path().join("data").display().to_string();
    let path = folder.path().join("more.yaml");
    let secret = "a-secret-of-the-robot-that-is-long-enough-0123456789";
    let apply = |granted: &str| {
        let yaml = format!(
            "resourceServers:\n  - {{ name: Robots, identifier: 'https://robots.example', \
             scopes: [{{value: 'move:arm'}}, {{value: 'see'}}, {{value: 'hear'}}] }}\n\
             clients:\n  - {{ name: Robot, client_id: robot, client_secret: {secret}, app_type: non_interactive, \
             grant_types: [client_credentials] }}\n\
             clientGrants:\n  - {{ client_id: Robot, audience: 'https://robots.example', scope: [{granted}] }}\n"
        );
        std::fs::write(&path, yaml).unwrap();
        let ended = run(countersign(&["apply", "--data", &data, "--tenant", path.to_str().unwrap()]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
    };
    apply("'move:arm', 'see'");
    let token = server
        .client()
        .send(&Request::post_form(
            format!("{}/oauth/token", server.text("https")),
            &[
                ("grant_type", "client_credentials"),
                ("client_id", "robot"),
                ("client_secret", secret),
                ("audience", "https://robots.example"),
                ("scope", "move:arm"),
            ],
        ))
        .expect(200)
        .text("access_token");
    told(
        &data,
        &token,
        &[
            "access token: a JWT",
            "client: Robot (robot), first party",
            "grant: client_credentials, so it speaks for the client itself",
            "audience https://robots.example: asked for",
            "it is the API Robots",
            "scope move:arm: asked for or given by default; a permission of the API, named by the client grant ",
            "without see: it was not asked for; named by the client grant ",
            "without hear: it is closed to the client: the client grant ",
            "not for userinfo: `openid` was not granted",
        ],
    );
    apply("'see'");
    told(&data, &token, &["scope move:arm: granted then; today the client would not get it"]);
}
