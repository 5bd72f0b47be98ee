# Completes runner's command line in fish: runner completion fish | source

function __runner_complete -d 'Asks runner what may come; false where it is a file'
    set -g __runner_candidates
    set -l words (commandline -opc)
    while string match -qr '^\w+=' -- "$words[1]"
        set -e words[1]
    end
    set -l typed (commandline -ct)
    set -l word (string unescape -- "$typed"; or echo -- "$typed")

    # As it was typed: with its tilde.
    set -l runner (string replace -r '^~(?=/)' "$HOME" -- "$words[1]")
    command -q -- "$runner"; or set runner runner

    set -l lines (command $runner completion --for fish -- $words[2..] "$word" 2>/dev/null </dev/null)
    set -l skip (string replace -r '.* ' '' -- "$lines[1]")
    switch "$lines[1]"
        case ':words'
            set -g __runner_candidates $lines[2..]
        case ':dirs *'
            set -l start (string sub -l $skip -- "$word")
            for dir in (__fish_complete_directories (string sub -s (math $skip + 1) -- "$word") '')
                set -ga __runner_candidates "$start$dir"
            end
        case ':files *'
            return 1
    end
    return 0
end

complete -c runner -e
complete -c runner -n __runner_complete -f -a '$__runner_candidates'
