use clap::CommandFactory as _;
use countersign_server::config::setting::ALL;

use super::Arguments;

#[test]
fn the_command_line_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn every_setting_but_secrets_is_an_option_of_serve_and_config() {
    for name in ["serve", "config"] {
        let command = Arguments::command();
        let command = command.find_subcommand(name).unwrap();
        let options: Vec<String> =
            command.get_arguments().filter_map(|option| Some(format!("--{}", option.get_long()?))).collect();
        for setting in ALL {
            let Some(flag) = setting.flag() else { continue };
            assert!(options.contains(&flag), "{name} lacks {flag}");
        }
        assert!(!options.iter().any(|option| option == "--data-key"));
    }
}
