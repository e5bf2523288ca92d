# posternctl.bash - completes the words of posternctl(1) for bash, and for zsh
# behind "autoload -Uz bashcompinit && bashcompinit".  There "path" is another
# name of PATH, so nothing here is called so.
#
# The tables below are compared with what the program itself says by
# test/release/test_completion.py.

# Commands, and what may follow the word of each: words, then options.
_posternctl_words()
{
	case $1 in
	"") echo check-config deny dkim dmarc dnslists domain fleet geoip rate \
		reload reputation rollback rules scan send stats status store \
		torture trust user version ;;
	deny) echo add del list log ;;
	dkim) echo genkey testkey ;;
	dmarc) echo explain ;;
	dnslists) echo all ask status ;;
	domain) echo check ;;
	rate) echo reset show ;;
	rules) echo check hits list shadow test why ;;
	store) echo audit export import ;;
	trust) echo add del lint list log ;;
	user) echo block list release show ;;
	esac
}

_posternctl_options()
{
	case $1 in
	"") echo -c --config --control -h --help -o ;;
	"dkim genkey") echo --bits --ed25519 --out ;;
	"dkim testkey") echo --key --server ;;
	"dmarc explain" | "dnslists ask") echo --server ;;
	"domain check") echo --selector --server ;;
	reload) echo --accept-shrink ;;
	"rules hits") echo --jobs ;;
	scan) echo --client --config --from --helo --json --name --rcpt \
		--user ;;
	send) echo --auth --client --connections --count --early-id \
		--envelopes --from --helo --help --json --macro --offer \
		--per-connection --queue-id --quiet --rcpt --socket --timeout ;;
	"store audit") echo --json ;;
	torture) echo --connections --daemon --json --list --only --redis \
		--seconds ;;
	esac
}

# What the option $2 of the command $1 takes; nothing where nothing follows it.
_posternctl_value()
{
	case $2 in
	-c | --config | --control | --daemon | --key | --envelopes) echo file ;;
	--out) echo folder ;;
	--offer) echo full old none ;;
	--accept-shrink | --early-id | --ed25519 | -h | --help | --json | \
	--list | --quiet) ;;
	-o) [[ -n $1 ]] || echo key ;;
	-*) echo any ;;
	esac
}

# Whether the arguments of a command are files.
_posternctl_files()
{
	case $1 in
	scan | send | "rules hits" | "rules test" | "store export" | \
	"store import" | "trust lint") return 0 ;;
	esac
	return 1
}

# Names of the configuration's rules; the arguments say which configuration.
_posternctl_rules()
{
	posternctl "$@" rules list 2>/dev/null | awk '!/^#/ { print $2 }'
}

# section.key= of all that a configuration can say.
_posternctl_keys()
{
	posternctl "$@" check-config 2>/dev/null | awk '
		/^[a-z]+ \{$/ { section = $1 "." }
		/^\}$/ { section = "" }
		/^\t?[a-z_0-9]+ = / { print section $1 "=" }'
}

# Sets words to those up to the cursor: bash takes host@port for three.
_posternctl_join()
{
	local i last=-1

	words=()
	for ((i = 1; i <= COMP_CWORD; i++)); do
		if ((last >= 0)) && [[ ${COMP_WORDS[i]} == [=:@]* ||
		    ${words[last]} == *[=:@] ]]; then
			words[last]+=${COMP_WORDS[i]}
		else
			words[++last]=${COMP_WORDS[i]}
		fi
	done
}

# Reads the words before the last one: chosen is the command so far, globals the
# options that stand before it, and value what the last word has to be.
_posternctl_read()
{
	local i end=$((${#words[@]} - 1)) word

	chosen= value= globals=()
	for ((i = 0; i < end; i++)); do
		word=${words[i]} value=
		if [[ $word == -* ]]; then
			value=$(_posternctl_value "$chosen" "$word")
			if [[ -n $value ]] && ((i + 1 < end)); then
				[[ -n $chosen ]] ||
					globals+=("$word" "${words[i + 1]}")
				((++i))
				value=
			fi
		elif [[ -z $chosen ]]; then
			chosen=$word
		elif [[ " $(_posternctl_words "$chosen") " == \
		    *" $word "* ]]; then
			chosen+=" $word"
		fi
	done
}

# What compgen finds is offered, a line each; zsh has no mapfile.
_posternctl_offer()
{
	local line

	while IFS= read -r line; do
		COMPREPLY+=("$line")
	done < <(compgen "$@")
}

_posternctl()
{
	local words chosen value globals cur IFS=$' \t\n'

	COMPREPLY=()
	_posternctl_join
	_posternctl_read
	cur=${words[${#words[@]} - 1]}
	[[ $cur != *[=:@]* ]] || return 0
	if [[ -z $value && $cur == -* ]]; then
		value=$(_posternctl_options "$chosen")
	elif [[ -z $value && $chosen == "rules why" ]]; then
		value=$(_posternctl_rules "${globals[@]}")
	elif [[ -z $value ]] && _posternctl_files "$chosen"; then
		value=file
	elif [[ -z $value ]]; then
		value=$(_posternctl_words "$chosen")
	fi
	case $value in
	any) return 0 ;;
	key)
		compopt -o nospace 2>/dev/null
		value=$(_posternctl_keys "${globals[@]}") ;;
	file | folder)
		compopt -o filenames 2>/dev/null
		[[ $value == file ]] && value=-f || value=-d
		_posternctl_offer "$value" -- "$cur"
		return 0 ;;
	esac
	_posternctl_offer -W "$value" -- "$cur"
}

complete -F _posternctl posternctl
