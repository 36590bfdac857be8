#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test library: what a backend does wrong is told by a panic"
)]

mod dice;
mod run;
mod samples;

pub mod atomicity;
pub mod attempts;
pub mod configuration;
pub mod consents;
pub mod families;
pub mod keys;
pub mod listing;
pub mod marks;
pub mod reference;
pub mod refresh_tokens;
pub mod requirements;
pub mod revocation;
pub mod round_trip;
pub mod round_trip_of_configuration;
pub mod sessions;
pub mod single_uses;
pub mod sweep;
pub mod token_buckets;
pub mod upstream;
pub mod users;
pub mod views;

pub use run::{block_on, race};

/// Makes a `#[test]` of every clause for the backend that `make()` gives.
///
/// `make` is called once for each clause and answers anything that dereferences to a
/// [`Storage`](countersign_storage::Storage): an `Arc` or a `Box` of one, or a guard that also keeps a
/// temporary directory alive. The store must be empty. There is no way to leave a clause out.
#[macro_export]
macro_rules! suite {
    ($make:expr) => {
        $crate::clauses! { $make;
            atomicity::a_failed_commit_changes_nothing_whatever_it_wrote_before
            atomicity::a_commit_without_changes_succeeds
            atomicity::writes_are_applied_in_order
            atomicity::an_unmet_requirement_is_named
            atomicity::a_user_is_read_whole_while_it_is_written
            requirements::a_requirement_that_holds_lets_the_commit_through
            requirements::an_epoch_raised_between_read_and_commit_stops_the_commit
            requirements::a_vanished_record_stops_the_commit
            requirements::a_requirement_is_checked_without_any_write
            requirements::requirements_see_what_was_before_the_writes
            requirements::a_record_made_anew_does_not_meet_an_old_requirement
            requirements::every_raise_makes_the_epoch_higher_and_stale_versions_are_refused
            requirements::a_requirement_is_met_by_its_own_kind_alone
            requirements::rp_14_nothing_commits_on_an_epoch_after_it_was_raised
            single_uses::sp_024_rp_09_thirty_two_redeemers_of_one_code_have_one_winner
            single_uses::a_spent_artefact_stays_readable
            single_uses::an_artefact_is_spent_before_its_end_alone
            single_uses::an_absent_artefact_cannot_be_spent
            single_uses::kinds_never_find_each_other
            single_uses::a_handle_is_taken_once
            single_uses::a_second_handle_is_taken_once_and_finds_nothing
            single_uses::the_attempt_that_reaches_the_limit_kills
            single_uses::concurrent_attempts_are_all_counted_up_to_the_limit
            single_uses::an_attempt_on_what_is_over_is_refused
            marks::sp_071_thirty_two_rememberers_of_one_mark_have_one_winner
            marks::thirty_two_commits_that_set_one_mark_have_one_winner
            marks::a_mark_outlives_a_failed_commit
            marks::a_mark_of_a_failed_commit_is_not_set
            marks::marks_of_different_spaces_do_not_collide
            marks::an_expired_mark_may_be_taken_again
            marks::a_mark_set_in_a_commit_and_a_remembered_one_are_the_same
            refresh_tokens::rp_11_of_eight_that_exchange_an_unspent_token_one_wins
            refresh_tokens::rp_12_eight_within_the_leeway_all_win
            refresh_tokens::the_cap_on_successors_holds_under_races
            refresh_tokens::a_spent_successor_ends_the_leeway
            refresh_tokens::the_leeway_reaches_back_to_its_beginning_and_no_further
            refresh_tokens::an_unspent_token_is_not_within_the_leeway
            refresh_tokens::the_first_exchange_alone_sets_when_it_was_spent
            refresh_tokens::a_token_of_an_ended_family_is_refused
            refresh_tokens::a_token_that_is_not_there_is_refused
            refresh_tokens::a_token_is_inserted_once
            refresh_tokens::the_later_touch_counts
            refresh_tokens::rp_14_after_the_end_of_a_family_no_exchange_wins
            families::a_family_is_inserted_once
            families::a_family_ends_once
            families::families_end_by_user_client_and_audience
            families::the_oldest_families_beyond_the_cap_end
            families::the_cap_counts_living_families_of_its_own_user_and_client
            families::racing_logins_stay_within_the_cap
            families::a_family_is_amended_to_narrower_terms_alone
            families::of_eight_that_bind_a_family_to_their_key_one_wins
            families::families_that_do_not_rotate_end_by_user_client_and_audience
            sessions::a_session_is_found_by_cookie_and_by_id
            sessions::a_session_is_inserted_once
            sessions::activity_moves_the_idle_end_only_later
            sessions::activity_moves_the_absolute_end_only_earlier
            sessions::activity_does_not_revive_a_session
            sessions::a_session_ends_once_and_raises_its_epoch
            sessions::all_sessions_of_a_user_end
            sessions::who_took_part_is_noted_once_in_order
            consents::a_second_consent_unites_its_scopes_with_the_first
            consents::concurrent_consents_lose_no_scope
            consents::consents_of_other_users_clients_and_audiences_stand_apart
            consents::a_consent_within_an_organization_stands_apart
            consents::a_deleted_consent_ends_its_families
            consents::an_id_of_a_consent_is_taken_once
            users::ids_are_case_sensitive
            users::an_identifier_is_unique_within_its_connection
            users::a_username_is_never_anothers_address
            users::an_identity_belongs_to_one_user
            users::a_changed_address_frees_the_old_one
            users::of_sixteen_that_sign_up_with_one_address_one_wins
            users::an_update_names_the_version_that_it_saw
            users::of_sixteen_updates_of_one_version_one_wins
            users::an_epoch_is_raised_when_asked_alone
            users::a_rehash_sets_the_hash_that_was_verified
            users::concurrent_logins_are_all_counted
            users::an_earlier_login_that_comes_late_does_not_hide_a_later_one
            users::an_update_leaves_the_logins_as_they_are
            users::changes_of_absent_rows_are_no_conflict
            upstream::a_user_is_found_by_his_identity
            upstream::users_of_a_provider_may_share_an_address
            upstream::what_a_provider_says_replaces_what_it_said
            upstream::of_two_arrivals_the_later_counts
            upstream::arrivals_at_once_are_no_conflict
            upstream::metadata_is_merged_member_by_member
            upstream::of_two_that_patch_at_once_both_count
            revocation::an_ended_authorization_ends_its_families
            revocation::an_ended_authorization_denies_its_access_tokens_when_asked
            revocation::an_authorization_ends_once
            revocation::an_access_token_is_denied_by_name
            revocation::one_token_of_two_authorizations_is_denied_when_one_of_them_ends
            revocation::a_withdrawn_consent_ends_the_authorizations_it_was_given_for
            revocation::a_deleted_user_takes_everything_along
            revocation::a_deleted_client_takes_everything_along
            revocation::a_deleted_api_takes_its_grants_and_families_along
            revocation::a_deleted_connection_takes_its_users_along
            revocation::what_belongs_to_others_stays
            configuration::clients_are_updated_by_version
            configuration::apis_are_updated_by_version
            configuration::client_grants_are_updated_by_version
            configuration::connections_are_updated_by_version
            configuration::scripts_are_updated_by_version
            configuration::settings_are_updated_by_version
            configuration::ids_and_names_of_configuration_are_case_sensitive
            configuration::every_change_of_configuration_raises_its_version
            configuration::other_changes_do_not_raise_the_version_of_the_configuration
            views::a_view_shows_what_the_store_holds
            views::a_view_shows_every_change_to_the_request_after_it
            views::a_view_that_comes_late_does_not_bring_back_what_was
            configuration::of_sixteen_updates_of_one_client_one_wins
            keys::a_kid_is_taken_once
            keys::an_algorithm_has_one_current_and_one_next_key
            keys::of_eight_that_make_the_first_key_one_wins
            keys::keys_rotate_in_one_commit
            keys::a_revoked_key_stays_revoked_and_unlisted
            keys::a_key_says_since_when_it_stands_where_it_does
            keys::keys_of_one_algorithm_are_published_once
            attempts::attempts_are_counted_until_they_expire
            attempts::concurrent_attempts_are_all_counted
            attempts::a_cleared_bucket_starts_anew
            attempts::buckets_do_not_share_a_count
            attempts::attempts_outlive_a_failed_commit
            token_buckets::a_bucket_gives_its_burst_and_then_what_it_gains
            token_buckets::of_thirty_two_that_draw_at_once_ten_do
            token_buckets::buckets_of_other_subjects_and_purposes_are_full
            token_buckets::looking_draws_nothing
            token_buckets::a_clock_set_back_holds_a_bucket_back_no_longer_than_it_takes_to_fill
            token_buckets::a_drawn_token_outlives_a_failed_commit
            token_buckets::a_full_bucket_is_swept_and_no_other
            sweep::expired_artefacts_go_and_others_stay_spent_or_not
            sweep::expired_marks_and_attempts_go
            sweep::access_tokens_stay_until_they_expire_denied_or_not
            sweep::sessions_go_when_they_ended_or_expired
            sweep::families_go_with_their_tokens
            sweep::spent_tokens_of_a_living_family_stay
            sweep::an_authorization_goes_when_nothing_hangs_from_it
            sweep::a_sweep_takes_no_more_than_its_limit
            sweep::configuration_users_consents_and_the_log_stay
            round_trip_of_configuration::every_field_of_a_client_is_kept
            round_trip_of_configuration::every_field_of_an_api_is_kept
            round_trip_of_configuration::every_field_of_a_client_grant_is_kept
            round_trip_of_configuration::every_field_of_a_connection_is_kept
            round_trip_of_configuration::every_field_of_the_settings_is_kept
            round_trip_of_configuration::every_field_of_a_script_is_kept
            round_trip_of_configuration::every_field_of_a_signing_key_is_kept
            round_trip::every_field_of_a_user_is_kept
            round_trip::every_field_of_a_session_is_kept
            round_trip::every_field_of_a_consent_is_kept
            round_trip::every_field_of_an_artefact_is_kept
            round_trip::every_field_of_an_authorization_and_its_access_tokens_is_kept
            round_trip::every_field_of_a_family_and_its_tokens_is_kept
            round_trip::every_field_of_a_log_event_is_kept
            round_trip::large_and_foreign_texts_are_kept
            round_trip::nothing_is_found_in_an_empty_store
            listing::clients_users_and_sessions_are_listed_oldest_first
            listing::configuration_is_listed_in_the_order_of_its_making
            listing::users_are_listed_up_to_the_limit
            listing::the_log_is_listed_newest_first_up_to_the_limit
            listing::families_and_sessions_of_one_user_are_listed_ended_or_not
        }
    };
}

/// Makes a `#[test]` of each clause named; [`suite!`] names them all.
#[doc(hidden)]
#[macro_export]
macro_rules! clauses {
    ($make:expr; $($subject:ident :: $clause:ident)*) => {$(
        #[test]
        fn $clause() {
            let made = $make();
            $crate::$subject::$clause(&*made);
        }
    )*};
}

#[cfg(test)]
mod tests;
