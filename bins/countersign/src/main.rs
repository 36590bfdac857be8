//! The command line of Countersign: it reads options and calls `countersign-server`.

mod apply;
mod config;
mod copy;
mod dev;
mod env;
mod explain;
mod keys;
mod migrate;
mod serve;
mod settings;
mod store;
mod trust;
mod users;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use countersign_server::config::Environment;
use countersign_server::{Ended, Failure};

/// A self-hosted OAuth 2.0 and OpenID Connect server that speaks the Auth0 Authentication API.
#[derive(Parser)]
#[command(name = "countersign", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start on this machine with a sample tenant, for developing an application
    Dev(dev::Dev),
    /// Print what an application needs to use a development server, by SDK
    Env(env::Env),
    /// Start for production
    Serve(serve::Serve),
    /// Print every setting with its origin
    Config(config::Config),
    /// Apply a tenant file and users to the store, beside a running server
    Apply(apply::Apply),
    /// Look at a database's schema, or bring it up to date
    Migrate(migrate::Migrate),
    /// Move a tenant into another database, SQLite or PostgreSQL
    Copy(copy::Copy),
    /// Say why a token has its scopes and audiences
    Explain(explain::Explain),
    /// Look after the signing keys, beside a running server
    Keys(keys::Keys),
    /// Look after users, beside a running server
    Users(users::Users),
    /// Make this machine's programs trust the authority of a development server, or undo it
    Trust(trust::Trust),
}

fn main() -> ExitCode {
    let environment = Environment::read();
    let result = match Arguments::parse().command {
        Command::Dev(dev) => dev.run(&environment),
        Command::Env(env) => env.run(),
        Command::Serve(serve) => serve.run(&environment),
        Command::Config(config) => config.run(&environment),
        Command::Apply(apply) => apply.run(&environment),
        Command::Migrate(migrate) => migrate.run(&environment),
        Command::Copy(copy) => copy.run(&environment),
        Command::Explain(explain) => explain.run(&environment),
        Command::Keys(keys) => keys.run(&environment),
        Command::Users(users) => users.run(&environment),
        Command::Trust(trust) => trust.run(&environment),
    };
    match result {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Cut) => ExitCode::from(3),
        Ok(Ended::Behind) => ExitCode::from(4),
        Err(failures) => {
            for failure in failures {
                eprintln!("countersign: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

/// What a command answers: how it ended, or every reason why it did not begin.
type Outcome = Result<Ended, Vec<Failure>>;

#[cfg(test)]
mod tests;
