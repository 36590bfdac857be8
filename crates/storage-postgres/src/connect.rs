use std::fmt;
use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres_openssl::MakeTlsConnector;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Config, NoTls};

use crate::failure::Failure;
use crate::{OpenError, PostgresOptions, Refusal, Tls};

/// How long an idle connection may be silent before the system asks whether the other side is there.
const SILENCE: Duration = Duration::from_secs(30);

/// The database, and how to reach it.
pub(crate) struct Target {
    config: Config,
    tls: Option<MakeTlsConnector>,
    statement_timeout: Duration,
    /// `NAME at HOST:PORT`: what may be shown.
    name: String,
}

/// A connection, with the task that moves its bytes.
pub(crate) struct Link {
    pub(crate) connection: AsyncPgConnection,
    driver: JoinHandle<()>,
}

impl Link {
    /// Whether the other side is there, as far as it is known.
    pub(crate) fn is_alive(&self) -> bool {
        !self.driver.is_finished()
    }
}

impl Target {
    pub(crate) fn new(options: &PostgresOptions) -> Result<Self, OpenError> {
        let mut config = parse(options.url.expose())?;
        let name = name(&config);
        let refused = |refusal| OpenError { database: name.clone(), refusal };
        if options.pool_size == 0 {
            return Err(refused(Refusal::EmptyPool));
        }
        let (mode, tls) = protection(&options.tls).map_err(|why| refused(Refusal::Authorities(why)))?;
        config
            .ssl_mode(mode)
            .connect_timeout(options.acquire_timeout)
            .keepalives_idle(SILENCE)
            .tcp_user_timeout(options.statement_timeout + SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("countersign");
        }
        Ok(Self { config, tls, statement_timeout: options.statement_timeout, name })
    }

    pub(crate) fn refused(&self, refusal: Refusal) -> OpenError {
        OpenError { database: self.name.clone(), refusal }
    }

    /// Makes a connection and sets it up. Runs on the engine's thread.
    pub(crate) async fn connect(&self) -> Result<Link, Failure> {
        let (client, driver) = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(away)?;
                (client, tokio::spawn(drive(connection)))
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(away)?;
                (client, tokio::spawn(drive(connection)))
            }
        };
        let connection = AsyncPgConnection::try_from(client).await.map_err(away)?;
        let mut link = Link { connection, driver };
        self.set_up(&mut link.connection).await?;
        Ok(link)
    }

    async fn set_up(&self, connection: &mut AsyncPgConnection) -> Result<(), Failure> {
        let limit = self.statement_timeout.as_millis();
        // What one process left open the server ends, so that no lock outlives whoever held it. A commit
        // that is acknowledged is durable, whatever the server's default is.
        let session = format!(
            "SET statement_timeout = {limit}; SET idle_in_transaction_session_timeout = {}; \
             SET default_transaction_isolation = 'read committed'; \
             SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
            limit.saturating_mul(2)
        );
        connection.batch_execute(&session).await?;
        // Diesel keeps the text of an error and drops its code, so the text has to be English. Who may not
        // choose it keeps his own, and some errors that would pass are then taken for failures of our own.
        let english = "SELECT set_config('lc_messages', 'C', false) \
                       WHERE current_setting('lc_messages') !~ '^(C|POSIX|en)'";
        if let Err(error) = connection.batch_execute(english).await {
            tracing::warn!("the server's messages stay in its own language: {error}");
        }
        Ok(())
    }
}

/// Moves a connection's bytes until it ends, and says why it did if it should not have.
async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if let Err(error) = connection.await {
        tracing::warn!("a connection to PostgreSQL has ended: {}", Cause(&error));
    }
}

fn away(error: impl std::error::Error + 'static) -> Failure {
    Failure::Away(Cause(&error).to_string())
}

/// An error with its causes, which its own text leaves out.
pub(crate) struct Cause<'a>(pub(crate) &'a (dyn std::error::Error + 'static));

impl fmt::Display for Cause<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.to_string();
        f.write_str(&shown)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            let text = error.to_string();
            if !shown.contains(&text) {
                write!(f, ": {text}")?;
                shown = text;
            }
            next = error.source();
        }
        Ok(())
    }
}

/// What the parser says about a URL that it cannot read may be a piece of the password, so it is not shown.
fn parse(url: &str) -> Result<Config, OpenError> {
    let refused = |refusal| OpenError { database: "of the settings".to_owned(), refusal };
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(refused(Refusal::NotAUrl));
    }
    let settings = url.rsplit_once('?').map_or("", |(_, settings)| settings);
    if settings.split('&').any(|setting| setting.starts_with("ssl")) {
        return Err(refused(Refusal::TlsInUrl));
    }
    let config: Config = url.parse().map_err(|_| refused(Refusal::NotAUrl))?;
    if config.get_hosts().is_empty() { Err(refused(Refusal::NotAUrl)) } else { Ok(config) }
}

fn name(config: &Config) -> String {
    let mut ports = config.get_ports().iter().copied().cycle();
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .map(|host| {
            let port = ports.next().unwrap_or(5432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        })
        .collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or("without a name");
    format!("{database} at {}", hosts.join(","))
}

fn protection(tls: &Tls) -> Result<(SslMode, Option<MakeTlsConnector>), String> {
    let connector = |authorities: Option<&std::path::Path>, verify: SslVerifyMode| {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.set_verify(verify);
        if let Some(file) = authorities {
            let mut store = openssl::x509::store::X509StoreBuilder::new()?;
            let text = std::fs::read(file)
                .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
            for authority in openssl::x509::X509::stack_from_pem(&text)? {
                store.add_cert(authority)?;
            }
            builder.set_cert_store(store.build());
        }
        let mut connector = MakeTlsConnector::new(builder.build());
        if verify == SslVerifyMode::NONE {
            connector.set_callback(|connect, _| {
                connect.set_verify_hostname(false);
                Ok(())
            });
        }
        Ok::<_, Box<dyn std::error::Error>>(connector)
    };
    let unverified = || connector(None, SslVerifyMode::NONE);
    let made = match tls {
        Tls::Disable => return Ok((SslMode::Disable, None)),
        Tls::Prefer => (SslMode::Prefer, unverified()),
        Tls::Require => (SslMode::Require, unverified()),
        Tls::VerifyFull { ca_file } => (SslMode::Require, connector(ca_file.as_deref(), SslVerifyMode::PEER)),
    };
    let (mode, connector) = made;
    Ok((mode, Some(connector.map_err(|error| error.to_string())?)))
}

#[cfg(test)]
mod tests;
