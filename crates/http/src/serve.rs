use std::future::Future;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use countersign_oauth::Secret;
use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod};
use openssl::x509::X509;

use crate::request::TrustedProxies;
use crate::{Provider, door, routes};

/// A bound socket, with the files of its certificate where it speaks TLS.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// The certificate; `None` for plain HTTP.
    pub tls: Option<TlsFiles>,
}

/// A certificate with its chain, and its key.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The leaf first.
    pub certificate_chain_pem: Vec<u8>,
    /// The leaf's key.
    pub private_key_pem: Secret<Vec<u8>>,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Threads.
    pub workers: usize,
    /// How long requests in flight may take after a stop.
    pub drain: Duration,
    /// Addresses whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// Serves until `stop` resolves, then drains. Signals are the caller's business.
///
/// # Errors
/// When a certificate cannot be used or a socket fails.
pub async fn serve(
    provider: Arc<Provider>,
    listeners: Vec<Listener>,
    options: HttpOptions,
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let development = provider.development;
    let data = web::Data::from(provider);
    let proxies = web::Data::new(TrustedProxies(options.trusted_proxies.clone().into()));
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .app_data(proxies.clone())
            .wrap(from_fn(door::door))
            .configure(routes::configure)
            .configure(|config| {
                if development {
                    routes::configure_development(config);
                }
            })
            .default_service(web::to(routes::not_found))
    })
    .workers(options.workers)
    .keep_alive(Duration::from_secs(75))
    .client_request_timeout(Duration::from_secs(10))
    // As patient as for a request: a burst of new connections must not cost those at its end.
    .tls_handshake_timeout(Duration::from_secs(10))
    .disable_signals()
    .shutdown_timeout(options.drain.as_secs());
    for listener in listeners {
        server = match listener.tls {
            None => server.listen(listener.socket)?,
            Some(files) => server.listen_openssl(listener.socket, acceptor(&files)?)?,
        };
    }
    let running = server.run();
    let handle = running.handle();
    let mut running = std::pin::pin!(running);
    let mut stop = std::pin::pin!(stop);
    tokio::select! {
        result = &mut running => result,
        () = &mut stop => {
            // The server future must be polled while the stop drains.
            let (result, ()) = tokio::join!(running, handle.stop(true));
            result
        }
    }
}

/// TLS 1.2 and later, the ciphers of Mozilla's intermediate profile.
fn acceptor(files: &TlsFiles) -> std::io::Result<SslAcceptorBuilder> {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    let mut chain = X509::stack_from_pem(&files.certificate_chain_pem)?.into_iter();
    let leaf = chain
        .next()
        .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidInput, "no certificate in the file"))?;
    acceptor.set_certificate(&leaf)?;
    for issuer in chain {
        acceptor.add_extra_chain_cert(issuer)?;
    }
    let key = PKey::private_key_from_pem(files.private_key_pem.expose())?;
    acceptor.set_private_key(&key)?;
    acceptor.check_private_key()?;
    Ok(acceptor)
}
