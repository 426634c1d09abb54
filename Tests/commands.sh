#!/usr/bin/env bash
# Prints docs/COMMANDS.md: the help of every verb of a built feedrec.
#   Tests/commands.sh [PROGRAM] > docs/COMMANDS.md
set -euo pipefail
program=${1:-.build/debug/feedrec}
export COLUMNS=100

# The names in the list of subcommands that a help text ends with.
subcommands() {
    sed -n '/^SUBCOMMANDS:/,$s/^  \([a-z]\+\)\( .*\|$\)/\1/p'
}

# show VERB...: a section for a verb, or one for each verb below it.
show() {
    local help below verb
    help=$("$program" "$@" --help)
    below=$(subcommands <<<"$help")
    for verb in $below; do show "$@" "$verb"; done
    [[ -n $below ]] || printf '\n## feedrec %s\n\n```text\n%s\n```\n' "$*" "$(sed 's/[[:space:]]*$//' <<<"$help")"
}

echo "# Commands"
echo
echo "The help of every verb, as \`feedrec VERB --help\` prints it."
for verb in $("$program" --help | subcommands); do show "$verb"; done
