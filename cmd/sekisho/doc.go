// Sekisho audits the credentials of an AWS account: root, users, passwords, MFA devices, access keys and the password
// policy. It only reads, and it never calls something safe that it could not see.
//
// Usage:
//
//	sekisho audit [flags]          audit an account
//	sekisho inventory [flags]      list users with all their credentials, roles or groups
//	sekisho offboard [NAME ...]    tell whether someone who left is really out
//	sekisho diff OLD NEW           tell what changed between two reports, snapshots or archives of evidence
//	sekisho evidence verify FILE   check the evidence that audit --evidence wrote
//	sekisho rules [PATTERN ...]    list the rules, or explain one
//	sekisho rules --framework LIST list what decides the recommendations of frameworks
//	sekisho policy FILE...         judge policies: what can be done without MFA?
//	sekisho policy can FILE...     say whether policies allow a request
//	sekisho permissions            print the IAM policy that an audit needs
//	sekisho version                print the version
//	sekisho completion SHELL       print a completion script for bash, zsh, fish or powershell
//
// # Auditing
//
// "sekisho audit" signs in as the AWS command line does (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ~/.aws, SSO,
// instance roles), reads the account and prints a report.
//
//	--profile NAME, --region REGION
//	      the profile and the region to use
//	--role-arn ARN, --external-id ID
//	      assume this role first
//	--mfa-serial SERIAL, --token-code CODE
//	      sign in with a code of this MFA device first; without --token-code the code is asked for, if there is a terminal
//	--demo
//	      audit the demo account, which Sekisho serves itself on the loopback interface; nothing of the AWS environment is used
//	--from FILE
//	      audit what a snapshot or evidence holds, and ask AWS nothing
//	--as-recorded
//	      with --from and evidence: judge under the configuration that it was made under, not today's
//	--from DIR
//	      audit what someone saved of the aws command's answers; see "Files instead of access" below
//	--save FILE
//	      write the snapshot, which is what AWS said, for --from; it holds no secret
//	--evidence FILE
//	      write the snapshot, the reports and the configuration to one file that "sekisho evidence verify" checks; see "Evidence" below
//	--sign KEY
//	      sign the evidence with an OpenSSH key: the file of a private one, that of a public one whose private half ssh-agent holds, or the
//	      word agent for its only one. A passphrase is asked for before AWS is
//	--baseline FILE
//	      report what is new since a whole report, a snapshot or evidence of the same account, and judge the exit status by that alone. Files of
//	      --save and --evidence are whole all the same; a report that was made in this way is no baseline
//	-f, --format FORMAT
//	      format of the report on stdout: table, json, html, csv, markdown, sarif, junit, ocsf or asff
//	-o, --output [FORMAT:]FILE
//	      write the report to a file as well, in the format that its extension names; may be repeated
//	--rules LIST, --skip-rules LIST
//	      the rules to run, and to leave out: IDs, globs of IDs and categories, separated by commas; may be repeated. The five points of
//	      the Security Status are always looked at
//	--framework LIST
//	      frameworks by which the report sums the account up, recommendation by recommendation: cis-7.0, cis-6.0, …, cis-1.4, fsbp, separated
//	      by commas; may be repeated. Without --rules, rules that are off by default run too where a framework needs them
//	--depth standard|deep|auto
//	      a standard run leaves out the rules that cost a call for each user or each region, and lists them with that cost; a deep one looks
//	      at all; auto, the default, is deep for up to 200 users. In any run a rule is looked at whose very ID --rules names, and unless
//	      standard is asked for, one that a framework needs
//	--fresh
//	      read every user live, not only where a verdict hangs on one, so that none stands on a credential report of up to 4 hours ago
//	--fail-on SEVERITY
//	      mildest severity whose failures make the exit status 3: info, low, medium, high, critical, or none; a failure with an exception
//	      doesn't
//	--config FILE, --print-config
//	      read this configuration file; print the effective settings and end
//	--timeout DURATION, --max-rps N
//	      give up after this time; send at most so many requests a second
//	--verbose, --quiet, --no-color
//	      list what passed, too; print nothing but errors; print no colours
//
// The report goes to stdout, everything else to stderr. Files appear whole or not at all, readable by their owner
// alone, and one that can't be written is an error before AWS is asked anything. A progress line is shown where stderr
// is a terminal. With --quiet neither progress nor warnings are printed, and the report only where --format asks for
// it, so that the exit status or the files of --output tell; the prompt for an MFA code remains. The table is as wide
// as the terminal; COLUMNS overrides it.
//
// # Rules
//
// "sekisho rules" lists the rules with their severities and controls, those that match a pattern, or the documentation
// of one.
//
//	--framework LIST
//	      list the recommendations of these frameworks, and what decides each
//	-f, --format FORMAT
//	      text or json
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//
// # Policies
//
// "sekisho policy" judges the policies in the files, which together are all that a user has, and asks AWS nothing: what
// could someone do with the user's password alone, where no MFA device is registered, or with the access key alone? A
// file is a policy document, or what the aws command prints for get-policy-version, get-user-policy or
// get-group-policy; - is stdin. The exit status is 0 where both ways in are enforced or lead nowhere and no finding
// fails, 3 otherwise, and 2 for a malformed policy.
//
//	--user NAME, --account ID
//	      the user and the account; without --user some user that the policies don't name
//	--boundary FILE
//	      the permissions boundary of the user
//	--users-may-change-password
//	      the account's password policy lets users change their own password
//	-f, --format FORMAT
//	      table or json, of can too
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//
// "sekisho policy can" answers requests: status 0 allowed, 3 denied, 4 it depends on a key of the request's context
// that no flag gives.
//
//	--action ACTION, --resource ARN
//	      what is asked for
//	--mfa absent|false|true
//	      aws:MultiFactorAuthPresent: absent where the access key itself signs, false or true in a session
//	--context KEY=VALUE
//	      a key of the context; repeated, it becomes a list
//	--requests FILE
//	      answer many requests, {"action":"...","resource":"...","context":{...}} a line; a key that isn't given is absent. Each gets a line
//	      {"decision":"allowed|explicit_deny|implicit_deny","by":["policy.json#Sid"]}, in order. A malformed line ends the run with status 2, once
//	      the lines before it are answered; else the status is 0
//
// # Inventory
//
// "sekisho inventory" lists every user with path, groups, tags, password, MFA devices, access keys, SSH public keys,
// service-specific credentials and signing certificates, and whether the user is an administrator and held to MFA. What
// is not known is ? (null in JSON), with a note.
//
//	--users, --roles, --groups
//	      what is listed: users, where nothing is said
//	-f, --format FORMAT
//	      table, csv, json or html; "sekisho inventory --help" documents the columns of CSV
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//	--bom
//	      begin CSV with a byte order mark, by which Excel knows that it is UTF-8
//	--depth standard|deep|auto
//	      a deep run asks user by user where there is something to ask
//
// As for an audit: --profile, --region, --role-arn, --external-id, --mfa-serial, --token-code, --demo, --from, --save,
// --config, --timeout, --max-rps, --verbose (in a table, all that is known of each row), --quiet and --no-color. The
// status is 4 where something that was to be read is not known.
//
// # Who left
//
// "sekisho offboard" tells of each person whether they are gone, disabled, active, not found or unknown, and what is
// left to sign in with. A person is named by a user's name in any case, an ARN, a unique ID, or the value of a tag of
// offboard.match_tags. Everything is read live.
//
//	--leavers FILE
//	      a list of those who left: CSV in UTF-8 or Shift_JIS, with a column user or email, and maybe last_day and unique_id
//	--staff FILE
//	      a list of those who belong, with a column user or email: users who are on no line of it are listed
//	--since FILE
//	      the earlier snapshot or evidence that tells who there was, without which only a unique ID among the leavers can prove that someone is gone
//	--time-zone ZONE
//	      in which a last day ends, such as Asia/Tokyo; UTC where nothing is said
//	--plan FILE
//	      write a shell script of aws commands that removes what is left. It does nothing unless it is called with --yes
//	--device-only
//	      only what to do about the MFA devices of someone whose phone is lost
//	-f, --format FORMAT
//	      table or json
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//
// As for an audit: --profile, --region, --role-arn, --external-id, --mfa-serial, --token-code, --demo, --from, --save,
// --config, --timeout, --max-rps, --quiet and --no-color. The status is 0 where all are gone or disabled, 3 where
// someone is active or a user is on no line of --staff, else 4.
//
// # What changed
//
// "sekisho diff" compares two reports, snapshots or archives of evidence of one account, in any mix: failures that are
// new, fixed or newly unknown, and what changed of users, credentials, groups, policies, roles and settings. Snapshots,
// those in evidence too, are judged by today's rules and configuration; a report is taken as it stands, and what it
// does not tell is not compared.
//
//	-f, --format FORMAT
//	      table, json, markdown or html
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//	--fail-on SEVERITY
//	      mildest severity of a new failure that makes the exit status 3
//	--config FILE
//	      the configuration, as for an audit
//	--verbose, --no-color
//	      list what still fails or is still unknown, too; print no colours
//
// # Evidence
//
// Evidence is a zip file of the snapshot, the credential report as AWS sent it, the report as JSON and as a page, the
// sections of frameworks, the configuration, and a manifest with the SHA-256 of each. --sign adds manifest.json.sig,
// which "ssh-keygen -Y verify -n sekisho" accepts. The same snapshot under the same configuration always gives the same
// bytes.
//
// "sekisho evidence verify" looks whether each part is the one of the manifest, who signed it, and whether the report
// follows from the snapshot. The status is 1 where anything is wrong, and 4 where this version can't tell, since
// another one with other rules made the file.
//
//	--allowed-signers FILE
//	      the keys of which one must have signed, as of ssh-keygen; for the namespace sekisho
//	--identity PRINCIPAL
//	      who of them must have signed
//	-f, --format FORMAT
//	      table or json
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//
// # Permissions
//
// "sekisho permissions" prints the IAM policy that an audit of the selected rules needs, and nothing beyond: --rules,
// --skip-rules, --framework, --depth, --fresh and --config select as for an audit, and so do the configuration and the
// variables.
//
//	-f, --format FORMAT
//	      json (the default), terraform or cloudformation
//	-o, --output [FORMAT:]FILE
//	      write it to a file as well; may be repeated
//	--commands
//	      print, in place of the policy, the shell commands that make a folder for audit --from
//
// # Files instead of access
//
// "sekisho audit --from DIR" judges what the aws command answered, as JSON in files of any name, and the decoded
// credential report. Which answer a file holds is told by its content, so answers must be whole: without --query, and
// without --filter or other limits. An error that was saved counts as what AWS said: that no password policy is set, or
// that access was denied. What isn't there is unknown; --depth standard doesn't look at what would take an answer for
// each user or region. All files must be of one account; two that contradict each other, or a torn one, are wrong
// usage, and a file that is no answer is a warning.
//
// Files don't say when they were made. The report speaks of the time at which AWS made the credential report, or the
// latest that an answer tells where that is later; without GeneratedTime, of the time at which the newest file was
// written (touch -d corrects it).
//
// # Exit status
//
// That of an audit; the sections above tell how the other commands differ.
//
//	0  nothing failing at or above --fail-on without an exception, and everything decided
//	1  the audit could not be made
//	2  wrong usage or configuration, or a malformed snapshot
//	3  at least one failing finding at or above --fail-on
//	4  no such finding, but something is unknown
//	130  interrupted by Ctrl-C or another signal before it was done
//
// # Configuration
//
// Flags override SEKISHO_* variables, those the configuration file, and that the defaults. "sekisho audit
// --print-config" prints every setting with its documentation and its origin, as a configuration file.
//
// Two settings are lists that only a file can hold. Each of the exceptions accepts the failures of a rule on a
// resource, for a reason, on behalf of an owner, and until a day that is at most a year ahead. They stay failures in
// every report, but don't count for the exit status; neither the Security Status nor a framework takes them for passes.
// One that has expired, or that nothing needs any more, is warned of. thresholds_for gives some users thresholds of
// their own.
package main
