# Completes runner's command line in bash: source <(runner completion bash)

_runner() {
  local runner=$1 line kind= skip

  # As it was typed: with its tilde and its quotes.
  [[ $runner == '~/'* ]] && runner=$HOME/${runner:2}
  type -P -- "$runner" >/dev/null || runner=${runner//[\\\'\"]/}
  type -P -- "$runner" >/dev/null || runner=runner

  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -n $kind ]]; then
      [[ -n $line ]] && COMPREPLY+=("$line")
    else
      kind=${line% *} skip=${line##* }
    fi
  done <<<"$("$runner" completion --for bash -- \
    "${COMP_LINE:0:${COMP_POINT:-${#COMP_LINE}}}" "$2" 2>/dev/null </dev/null)"

  # bash 3 has no compopt: it offers files wherever there is nothing else.
  case $kind in
    :files | :dirs)
      if ((skip > 0)); then
        local action=-f
        [[ $kind == :dirs ]] && action=-d
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do
          [[ -n $line ]] && COMPREPLY+=("${2:0:skip}$line")
        done <<<"$(compgen "$action" -- "${2:skip}")"
      elif [[ $kind == :dirs ]]; then
        compopt +o default -o dirnames 2>/dev/null
      fi
      ;;
    *) compopt +o default 2>/dev/null ;;
  esac
}

complete -o default -F _runner runner
