import { defineError, type ErrorClass } from "@ashlar/core"

export const WrongUsage: ErrorClass<"CLI_USAGE", 400> = defineError(
  "CLI_USAGE",
  400,
  "The command line is not understood. Run the command with --help.",
)

export const ProjectNeeded: ErrorClass<"CLI_PROJECT_NEEDED", 400> = defineError(
  "CLI_PROJECT_NEEDED",
  400,
  "The command needs a project. Pass --project, run it in a folder with ashlar.toml, or choose one with: ashlar projects use",
)

export const ConfirmationNeeded: ErrorClass<"CLI_CONFIRMATION_NEEDED", 400> = defineError(
  "CLI_CONFIRMATION_NEEDED",
  400,
  "The command deletes something for good. Confirm it, or pass --yes where nobody can be asked.",
)

export const InputNeeded: ErrorClass<"CLI_INPUT_NEEDED", 400> = defineError(
  "CLI_INPUT_NEEDED",
  400,
  "A value is missing, and there is no terminal to ask on. Pass it as the message says.",
)

export const SettingsDamaged: ErrorClass<"CLI_SETTINGS_DAMAGED", 400> = defineError(
  "CLI_SETTINGS_DAMAGED",
  400,
  "The settings file cannot be read. Correct or delete it, then log in again.",
)

export const ManifestMissing: ErrorClass<"CLI_MANIFEST_MISSING", 400> = defineError(
  "CLI_MANIFEST_MISSING",
  400,
  "There is no ashlar.toml in this folder. Start a project with: ashlar init",
)

export const ManifestInvalid: ErrorClass<"CLI_MANIFEST_INVALID", 400> = defineError(
  "CLI_MANIFEST_INVALID",
  400,
  "ashlar.toml is not valid. The message names the part to correct.",
)

export const EntryMissing: ErrorClass<"CLI_ENTRY_MISSING", 400> = defineError(
  "CLI_ENTRY_MISSING",
  400,
  "The file that a function starts from does not exist. Correct `entry` in ashlar.toml.",
)

export const VariableMissing: ErrorClass<"CLI_VARIABLE_MISSING", 400> = defineError(
  "CLI_VARIABLE_MISSING",
  400,
  "A function takes a value from an environment variable that is not set. Set it, then deploy again.",
)

export const BundleFailed: ErrorClass<"CLI_BUNDLE_FAILED", 400> = defineError(
  "CLI_BUNDLE_FAILED",
  400,
  "A function could not be bundled. The message has file and line.",
)

export const FolderNotEmpty: ErrorClass<"CLI_FOLDER_NOT_EMPTY", 400> = defineError(
  "CLI_FOLDER_NOT_EMPTY",
  400,
  "A file of the new project exists already. Choose another folder, or move the file away.",
)

export const InputInvalid: ErrorClass<"CLI_INPUT_INVALID", 400> = defineError(
  "CLI_INPUT_INVALID",
  400,
  "A file or an argument does not hold what the command needs. The message says what was expected.",
)

export const ServerNotInstalled: ErrorClass<"CLI_SERVER_NOT_INSTALLED", 400> = defineError(
  "CLI_SERVER_NOT_INSTALLED",
  400,
  "The platform is not installed beside this command. Install it with: bun add @ashlar/server",
)

export const AppMissing: ErrorClass<"CLI_APP_MISSING", 400> = defineError(
  "CLI_APP_MISSING",
  400,
  "There is no app where the command looks for one. Name the file that exports it by default, or lets it listen.",
)

export const AppFailed: ErrorClass<"CLI_APP_FAILED", 400> = defineError(
  "CLI_APP_FAILED",
  400,
  "The app could not be loaded, or ended by itself. The message has file and line.",
)

export const PackageMissing: ErrorClass<"CLI_PACKAGE_MISSING", 400> = defineError(
  "CLI_PACKAGE_MISSING",
  400,
  "The command needs a package that is not installed beside the app. The message has the install command.",
)

export const RuntimeMissing: ErrorClass<"CLI_RUNTIME_MISSING", 400> = defineError(
  "CLI_RUNTIME_MISSING",
  400,
  "The runtime that the app should run on is not installed here.",
)

export const DatabaseNeeded: ErrorClass<"CLI_DATABASE_NEEDED", 400> = defineError(
  "CLI_DATABASE_NEEDED",
  400,
  "The command needs a database. Pass --database, set DATABASE_URL, or write it into ashlar.toml.",
)

export const DatabaseRefused: ErrorClass<"CLI_DATABASE_REFUSED", 400> = defineError(
  "CLI_DATABASE_REFUSED",
  400,
  "The work on the database could not be done. The message has the code and the reason.",
)

export const Interrupted: ErrorClass<"CLI_INTERRUPTED", 400> = defineError(
  "CLI_INTERRUPTED",
  400,
  "Stopped before the end.",
)

export const ParserMissing: ErrorClass<"CLI_PARSER_MISSING", 400> = defineError(
  "CLI_PARSER_MISSING",
  400,
  "The command reads source with a parser that is not installed. The message has the command that installs it.",
)

export const SourceUnreadable: ErrorClass<"CLI_SOURCE_UNREADABLE", 400> = defineError(
  "CLI_SOURCE_UNREADABLE",
  400,
  "A file cannot be read as JavaScript or TypeScript, or there is none.",
)
