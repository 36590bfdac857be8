//! The tables: which keys each section may have, and what becomes of each.
//!
//! Names and values are those of Auth0's Management API v2, as the deploy CLI exports them.

mod api;
mod client;
mod connection;
mod script;
mod section;
mod tenant;

pub(crate) use api::{API, CLIENT_GRANT};
pub(crate) use client::CLIENT;
pub(crate) use connection::{CONNECTION, DATABASE};
pub(crate) use script::{ACTION, RULE, RULES_CONFIG, TRIGGERS};
pub(crate) use section::SECTIONS;
pub(crate) use tenant::TENANT;

use crate::schema::{Key, Shape, used};

/// The profiles of core §0.5 that are not built.
const FAPI_LEVELS: &[&str] = &[
    "fapi",
    "fapi1",
    "fapi2",
    "fapi1_adv_pkj_par",
    "fapi1_adv_mtls_par",
    "fapi2_sp_pkj_mtls",
    "fapi2_sp_mtls_mtls",
];

/// Ours: which column of core §0.5 answers.
const COMPLIANCE: Key = used("compliance", Shape::Choice(&["auth0", "rfc"], FAPI_LEVELS));

/// Why a read-only key is not kept.
const READ_ONLY: &str = "it is read-only at Auth0 and made here";
