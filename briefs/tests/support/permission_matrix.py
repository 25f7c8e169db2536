"""The permission matrix of the desk: who may GET and who may POST each address.

A route of the desk, a verb, an action of the review screen or of a list that is missing from this table fails
`test_permission_matrix`. `permission_requests` builds a valid request for each row; this module only says who may send it.

    route, below `admin/`           may_get (GET, HEAD)   may_post (POST)

The rows of acts come from the table `briefs.workflow.acts`; `test_permission_matrix` has the same rights written out once more.

Pages that change a second factor ask first for the password and keep in the session what was sent.
`-` means nobody; `.` means as in the row of the address itself. Parentheses: the POST is answered but changes no row. `{kind}` is each kind of
vocabulary. After `@` comes a verb or an action of that address.
"""

from collections.abc import Iterator
from typing import NamedTuple

from briefs.admin.verbs.verb_views import CONTROLS
from briefs.workflow.acts import ACTS

ACTORS = {
    "a": "signed out",
    "t": "signed out, with a guest's token",
    "i": "a former colleague, still signed in",
    "n": "on the desk, without a right",
    "w": "the writer, whose brief and rows these are",
    "v": "another writer",
    "r": "a reviewer",
    "e": "a reviewer who reworded the English",
    "p": "a publisher",
    "s": "a superuser",
}
VOCABULARY_KINDS = ("author", "source", "keyword", "term")

TABLE = """
                                                    nwvreps     -
language/                               -           nwvreps
find/                                   wvreps      -
inbox/                                  wvreps      wvreps
mail/                                   wvreps      wvreps
status/                                 s           -
next/                                   -           -
login/                                  -           -
logout/                                 -           nwvreps
password_change/                        nwvreps     nwvreps
password_change/done/                   nwvreps     -
autocomplete/                           wvreps      -
jsi18n/                                 nwvreps     -
r/<path:content_type_id>/<path:object_id>/   -      -
(?P<app_label>briefs|auth)/$            wvreps      -
(?P<url>.*)$                            -           -

account/                                nwvreps     -
account/login/                          ati         ati
account/login/code/                     -           -
account/login/passkey/                  -           -
account/logout/                         nwvreps     nwvreps
account/confirm/                        nwvreps     nwvreps
account/confirm/code/                   -           -
account/confirm/passkey/                -           -
account/password/reset/                 atinwvreps  atinwvreps
account/password/reset/sent/            atinwvreps  -
account/password/new/<str:uidb36>/<str:key>/   atinwvreps  -
account/password/done/                  atinwvreps  -
account/app/add/                        -           nwvreps
account/app/remove/                     -           -
account/passkeys/                       nwvreps     -
account/passkeys/add/                   -           nwvreps
account/passkeys/<int:pk>/rename/       -           nwvreps
account/passkeys/<int:pk>/remove/       -           nwvreps
account/recovery-codes/                 -           -
account/recovery-codes/new/             -           nwvreps
account/recovery-codes/download/        -           -
account/signed-in/                      nwvreps     -
account/sessions/                       nwvreps     (nwvreps)
account/sessions/end/                   -           nwvreps

briefs/{kind}/                          wvreps      -
briefs/{kind}/ @merge_duplicates        .           (wvps)
briefs/{kind}/add/                      wvps        wvps
briefs/{kind}/<path:object_id>/         -           -
briefs/{kind}/<path:object_id>/change/  wvreps      wvps
briefs/{kind}/<path:object_id>/history/ wvreps      -
briefs/{kind}/import/                   wvps        wvps
briefs/{kind}/process_import/           -           w
briefs/{kind}/export/                   wvreps      (wvreps)
briefs/{kind}/merge/                    wvps        wvps
briefs/{kind}/<int:pk>/unmerge/         -           wvps
briefs/author/<int:pk>/page/            ps          ps
briefs/source/<int:pk>/page/            ps          ps
briefs/keyword/<int:pk>/page/           ps          ps

briefs/brief/                           wvreps      -
briefs/brief/ @submit_briefs            .           wvps
briefs/brief/ @take_back_briefs         .           w
briefs/brief/ @assign_to_me             .           wvps
briefs/brief/ @assign_to                .           wvreps
briefs/brief/ @export_text              .           (wvreps)
briefs/brief/ @export_word              .           (wvreps)
briefs/brief/ @export_tables            .           (wvreps)
briefs/brief/ @export_sheet             .           (wvreps)
briefs/brief/export/                    wvreps      (wvreps)
briefs/brief/import/                    wvps        wvps
briefs/brief/process_import/            -           w
briefs/brief/add/                       wvps        wvps
briefs/brief/add/autosave/              -           wvps
briefs/brief/add/picture/               -           wvps
briefs/brief/names/                     wvreps      -
briefs/brief/names/create/              -           wvps
briefs/brief/names/affiliations/        wvreps      -
briefs/brief/upload/                    wvps        wvps
briefs/brief/picture/<str:name>         wvreps      -
briefs/brief/<int:pk>/change/           wvreps      wvreps
briefs/brief/<int:pk>/autosave/         -           wvreps
briefs/brief/<int:pk>/picture/          -           wvreps
briefs/brief/<int:pk>/citation/         wvreps      wvreps
briefs/brief/<int:pk>/pulse/            wvreps      (wvreps)
briefs/brief/<int:pk>/rail/             -           (wvreps)
briefs/brief/paste/                     -           (wvreps)
briefs/brief/<int:pk>/dismiss/          -           wvreps
briefs/brief/<int:pk>/file/<int:document>/   wvreps -
briefs/brief/<int:pk>/original/         wvreps      wvreps
briefs/brief/<int:pk>/word/             wvreps      wvreps
briefs/brief/<int:pk>/word/<slug:layout>/    wvreps -
briefs/brief/<int:pk>/compare/          wvreps      -
briefs/brief/<int:pk>/restore/          -           wvreps
briefs/brief/<int:pk>/preview/          wvreps      -
briefs/brief/<int:pk>/assign/           wvreps      wvreps
briefs/brief/<int:pk>/timeline/         wvreps      -
briefs/brief/<int:pk>/news/             wvreps      -
briefs/brief/<int:pk>/share/            wvreps      wvreps
briefs/brief/<int:pk>/tell/             ps          ps
briefs/brief/<int:pk>/unshare/          -           wvreps

briefs/brief/<int:pk>/review/           -           -
briefs/brief/<int:pk>/review/ @note     .           wvreps
briefs/brief/<int:pk>/review/ @suggest  .           wvreps
briefs/brief/<int:pk>/review/ @accept   .           wvreps
briefs/brief/<int:pk>/review/ @decline  .           wvreps
briefs/brief/<int:pk>/review/ @accept_file .        wvreps
briefs/brief/<int:pk>/review/ @use_known .          wvps
briefs/brief/<int:pk>/review/ @version  .           wvps
briefs/brief/<int:pk>/review/ @other    .           wvps
briefs/brief/<int:pk>/review/ @reply    .           wvreps
briefs/brief/<int:pk>/review/ @resolve  .           wvreps
briefs/brief/<int:pk>/review/ @reopen   .           wvreps

briefs/issue/                           wvreps      -
briefs/issue/new/                       -           wvps
briefs/issue/<int:pk>/change/           wvreps      wvreps
briefs/issue/<int:pk>/preview/          wvreps      -
briefs/issue/<int:pk>/mail/              wvreps      -
briefs/issue/<int:pk>/mail/ @test        .           (wvreps)
briefs/issue/<int:pk>/mail/ @now         .           ps
briefs/issue/<int:pk>/mail/ @later       .           ps
briefs/issue/<int:pk>/mail/ @pause_mailing   .       ps
briefs/issue/<int:pk>/mail/ @resume_mailing  .       ps
briefs/issue/<int:pk>/mail/ @stop_mailing    .       ps
briefs/issue/<int:pk>/mail/ @send_again      .       ps
briefs/issue/<int:pk>/mail/<slug:side>/  wvreps      -
briefs/issue/copies/<int:pk>/            s           -

briefs/letter/                          wvreps      -
briefs/letter/ @handle_letters          .           wvreps
briefs/letter/<int:pk>/note/            -           wvreps
briefs/letter/<int:pk>/handled/         -           wvreps
briefs/draft/                           wvreps      -
briefs/draft/<int:pk>/change/           wvreps      -
briefs/draft/<int:pk>/change/ @zh       .           reps
briefs/draft/<int:pk>/change/ @en       .           reps
briefs/draft/<int:pk>/change/ @take_back    .       wreps
briefs/search/                          wvreps      -
briefs/outbox/                          wvreps      -
briefs/outbox/retry/                    -           ps
briefs/subscriber/                      wvreps      -
briefs/subscriber/import/               s           s
briefs/subscriber/export/               s           -
briefs/subscriber/<int:pk>/change/      s           s
briefs/sitetext/                        wvreps      -
briefs/sitetext/add/                    -           -
briefs/sitetext/<path:object_id>/       -           -
briefs/sitetext/<path:object_id>/change/    wvreps  ps
briefs/sitetext/<path:object_id>/history/   wvreps  -

briefs/signinevent/                     s           -
briefs/person/                          s           -
briefs/person/add/                      s           s
briefs/person/<id>/password/            s           s
briefs/person/<int:pk>/invite/          -           s
briefs/person/<int:pk>/sign-out/        s           s
briefs/person/<int:pk>/second-factors/  s           s
briefs/person/<path:object_id>/         -           -
briefs/person/<path:object_id>/change/  s           s
briefs/person/<path:object_id>/history/ s           -
auth/group/                             s           -
auth/group/add/                         s           s
auth/group/<path:object_id>/            -           -
auth/group/<path:object_id>/change/     s           s
auth/group/<path:object_id>/history/    s           -
"""


LETTERS_BY_ROLE = {"writer": "wv", "reviewer": "re", "publisher": "p"}
"""People of each role. A superuser has all."""
OWN_ACTS = {"take_back": "w", "take_back_issue": "w"} | {
    f"take_back_{kind}_{leaf}": letters
    for kind in ("sign_off", "issue")
    for leaf, letters in (("zh", "r"), ("en", "r"), ("common", ""))
}
"""Acts that undo one's own: who did it in the scenario."""
SIGNERS = "reps"
"""Who may say yes while reviewers and publishers can settle a page among themselves."""


class MatrixRow(NamedTuple):
    """One line of the table. `act` is empty for an address without verbs or actions."""

    route: str
    act: str
    may_get: str
    may_post: str
    changes_rows: bool
    """Whether a POST by one of `may_post` changes a row."""

    @property
    def name(self) -> str:
        return f"{self.route} @{self.act}" if self.act else self.route


def matrix_rows() -> list[MatrixRow]:
    result = []
    for line in TABLE.strip("\n").splitlines():
        if not line.strip():
            continue
        head, looks, presses = line.rsplit(maxsplit=2) if line[0] != " " else ("", *line.split())
        path, _at, act = head.partition(" @")
        for kind in VOCABULARY_KINDS if "{kind}" in path else ("",):
            route = "admin/" + path.strip().replace("{kind}", kind)
            result.append(
                MatrixRow(route, act.strip(), _letters(looks), _letters(presses), not presses.startswith("("))
            )
    return [*result, *_act_rows()]


def _act_rows() -> Iterator[MatrixRow]:
    """Yield a row for each act of a brief or an issue that has a button or a form, and for the controls beside something."""
    for act in ACTS.values():
        if act.way not in ("button", "form") and act.name not in CONTROLS:
            continue
        roles = {role for rule in act.rules for role in rule.roles}
        letters = "".join(sorted("".join(LETTERS_BY_ROLE[role] for role in roles) + "s", key="wvreps".index))
        may_post = OWN_ACTS.get(act.name, SIGNERS if act.sends == "leaf" else letters)
        route = f"admin/briefs/{'issue' if act.of_issue else 'brief'}/<int:pk>/<slug:verb>/"
        yield MatrixRow(route, act.name, letters if act.way == "form" else "", may_post, True)


def _letters(cell: str) -> str:
    return cell.strip("()-")
