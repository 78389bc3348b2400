#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mail about a run is sent as its user, by fixed words, with nothing of a user's in the header but recipients.
. "$(dirname "$0")/../lib.sh"
need_root "several users"

mkdir -m 1777 "$T/out"
cat >"$T/post" <<SH
#!/bin/sh
out=\$(mktemp "$T/out/mail.XXXXXX")
{ id -u; id -g; id -G; echo "\$0 \$*"; env | cut -d= -f1 | sort | tr '\n' ' '; echo; cat; echo END; } >"\$out"
SH
chmod 755 "$T/post"
start -o "allow_other,sendmail=$T/post"
register_examples
mail_of() { cat "$T/out/"* 2>/dev/null; }
sent() { mail_of | grep -q "^END"; }
note='"notifications": {"notifications": [{"phases": ["SUCCEEDED"], "email": {"recipients_email": ["a@example.org"]}}]}'
check put_as 4001 "$X/theirs.json" "{\"launch_plan\": \"echo\", $note}"
finish theirs SUCCEEDED
until_true 20 sent
mail=$(mail_of)
same "who sends" "$(echo "$mail" | sed -n '1,3p' | tr '\n' ' ')" "4001 4001 4001 "
contains "words" "$mail" " -t -oi"
contains "recipients" "$mail" "To: a@example.org"
lacks "its environment" "$mail" HOME
rm -f "$T/out/"*
# What would be another header is refused or left out.
put_as 4001 "$X/inject.json" "{\"launch_plan\": \"echo\", $(echo "$note" | sed 's/a@example.org/a@example.org\\nBcc: b@example.org/')}" 2>/dev/null &&
	finish inject SUCCEEDED && until_true 20 sent
lacks "the header" "$(mail_of)" "
Bcc:"
rm -f "$T/out/"*
# A cause is text of the mail's, whatever it says.
check put_as 4001 "$X/cause.json" "{\"launch_plan\": \"sleeper\", $(echo "$note" | sed s/SUCCEEDED/ABORTED/)}"
until_true 20 sleeper_runs cause
as 4001 sh -c 'printf "enough\n.\nTo: c@example.org\n" >"$1/cause/terminate"' - "$X"
until_true 20 sent
contains "the text" "$(mail_of)" "
.
"
same "lines before the first empty one" "$(mail_of | sed -n '6,/^$/p' | grep -c '^To:')" 1
# Root's own are root's.
rm -f "$T/out/"*
check put "$X/own.json" "{\"launch_plan\": \"echo\", $note}"
finish own SUCCEEDED
until_true 20 sent
same "who sends root's" "$(mail_of | head -n 1)" 0
