#compdef runner
# Completes runner's command line in zsh: source <(runner completion zsh), or put
# this into a file _runner in a directory of $fpath.

_runner() {
  local runner=${(Q)words[1]} line word
  local -a lines entries

  # As it was typed: with its tilde.
  runner=${runner/#\~\//$HOME/}
  whence -p -- "$runner" >/dev/null || runner=runner

  lines=("${(@f)$("$runner" completion --for zsh -- \
    "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")

  case $lines[1] in
    (:words)
      for line in "${(@)lines[2,-1]}"; do
        word=${${${line%%$'\t'*}//\\/\\\\}//:/\\:}
        entries+=("$word:${${line#*$'\t'}//\\/\\\\}")
      done
      _describe -t words runner entries
      ;;
    (:files\ *)
      compset -p ${lines[1]#* }
      _files
      ;;
    (:dirs\ *)
      compset -p ${lines[1]#* }
      _files -/
      ;;
  esac
}

if [[ $funcstack[1] == _runner ]]; then
  _runner "$@"
else
  compdef _runner runner
fi
