//! The server to compare with: the same HTTP library and the same signatures, and nothing else.
//!
//! It reads the form, repeats a recorded answer, and signs each token in it anew with bare OpenSSL. It knows no
//! client, looks at no secret and stores nothing: what it does is the floor under any server of this kind.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;

use crate::Options;
use crate::recording::{Piece, Recorded};

struct Minimal {
    answers: HashMap<String, Recorded>,
    rsa: PKey<Private>,
    curve: EcKey<Private>,
}

/// Serves a recording until it is killed.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let port = options.number("port", 0)?;
    let port = u16::try_from(port).map_err(|_| "--port is too large".to_owned())?;
    let recorded = Recorded::read(&options.path("recording")?)?;
    let answers = recorded.into_iter().map(|recorded| (recorded.path.clone(), recorded)).collect();
    let (rsa, curve) = keys().map_err(|error| error.to_string())?;
    let state = web::Data::new(Minimal { answers, rsa, curve });
    let server = HttpServer::new(move || App::new().app_data(state.clone()).default_service(web::to(answer)));
    let server = server.workers(1).bind(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    actix_web::rt::System::new().block_on(server.run()).map_err(|error| error.to_string())
}

fn keys() -> Result<(PKey<Private>, EcKey<Private>), ErrorStack> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    Ok((PKey::from_rsa(Rsa::generate(2048)?)?, EcKey::generate(&group)?))
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<Minimal>) -> HttpResponse {
    let Ok(_form) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(&body) else {
        return HttpResponse::BadRequest().finish();
    };
    let Some(recorded) = state.answers.get(request.path()) else {
        return HttpResponse::NotFound().finish();
    };
    let mut text = String::with_capacity(4096);
    for piece in &recorded.body {
        if state.write(piece, &mut text).is_err() {
            return HttpResponse::InternalServerError().finish();
        }
    }
    let status = StatusCode::from_u16(recorded.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &recorded.headers {
        response.append_header((name.as_str(), value.as_str()));
    }
    response.body(text)
}

impl Minimal {
    fn write(&self, piece: &Piece, text: &mut String) -> Result<(), ErrorStack> {
        let (input, signature) = match piece {
            Piece::Text(piece) => {
                text.push_str(piece);
                return Ok(());
            }
            Piece::Rs256(input) => {
                let mut signer = Signer::new(MessageDigest::sha256(), &self.rsa)?;
                (input, signer.sign_oneshot_to_vec(input.as_bytes())?)
            }
            Piece::Es256(input) => {
                let signature = EcdsaSig::sign(&sha256(input.as_bytes()), &self.curve)?;
                let mut bytes = signature.r().to_vec_padded(32)?;
                bytes.extend(signature.s().to_vec_padded(32)?);
                (input, bytes)
            }
        };
        text.push_str(input);
        text.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, text);
        Ok(())
    }
}
