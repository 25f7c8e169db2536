"""Who may open and change whose account. Nobody gains rights."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from briefs import workflow
from briefs.models import Brief, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in
from briefs.workflow.assignments import AssignmentPlan

from .people_pages import change_url, create_clerk, create_root, open_form, person_url, without

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_clerk_cannot_grant_rights_they_lack(client: Client, team: Team) -> None:
    target = factories.person("target", "Writers")
    sign_in(client, create_clerk())
    form = open_form(client, change_url(target))
    publish = Permission.objects.get(codename="publish_briefs").pk
    forged = form.data_with(name="新名", is_superuser="on", user_permissions=publish)
    assert client.post(change_url(target), forged).status_code == 302
    target = Person.objects.get(pk=target.pk)
    assert (target.name, target.is_superuser, target.user_permissions.count()) == ("新名", False, 0)
    publishers = Group.objects.get(name="Publishers").pk
    assert client.post(change_url(target), form.data_with(groups=publishers)).status_code == 200
    assert not target.groups.filter(pk=publishers).exists()


def test_superuser_cannot_lock_self_out_and_leaver_loses_access(root_client: Client, team: Team) -> None:
    root = Person.objects.get(username="root")
    for name in ("is_active", "is_staff", "is_superuser"):
        page = root_client.post(change_url(root), without(open_form(root_client, change_url(root)), name))
        assert page.status_code == 200
        assert "You would lock yourself out" in page.text
    leaver, address = sign_in(Client(), team.reviewer), change_url(team.reviewer)
    assert root_client.post(address, without(open_form(root_client, address), "is_active")).status_code == 302
    assert leaver.get("/admin/briefs/brief/").status_code == 302  # to the sign-in page
    root_client.post(f"/admin/briefs/person/{team.reviewer.pk}/delete/")
    assert Person.objects.filter(pk=team.reviewer.pk).exists()


def test_open_work_of_a_deactivated_person_is_unassigned_and_their_links_close(
    root_client: Client, team: Team
) -> None:
    draft = factories.draft_brief(team)
    factories.assign_writer(draft, team.writer, by=team.publisher)
    brief = factories.submitted_brief(team, factories.content("乙"))
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.publisher)
    preview = f"/preview/{workflow.sharing.share(brief, by=team.writer).token}/"
    assert Client().get(preview).status_code == 200
    for person in (team.writer, team.reviewer):
        data = without(open_form(root_client, change_url(person)), "is_active")
        assert root_client.post(change_url(person), data).status_code == 302
    plan = AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    assert (plan.writer.person, plan.reviewers["en"].person) == (None, None)
    page = sign_in(Client(), team.publisher).get(f"/admin/briefs/brief/{draft.pk}/change/").text
    assert "Nobody is writing this yet." in page
    assert Client().get(preview).status_code == 404


def test_clerk_cannot_edit_person_with_more_rights(client: Client, team: Team) -> None:
    sign_in(client, create_clerk())
    retired = factories.person("retired", "Publishers", is_active=False)
    password = {"password1": "new-long-password", "password2": "new-long-password"}
    for target in (create_root(), team.publisher, retired, factories.person("other", "Reviewers")):
        assert client.post(change_url(target), {"username": "mine"}).status_code == 403
        assert client.post(person_url(target, "password"), password).status_code == 403
        assert Person.objects.get(pk=target.pk).check_password("pw")


def test_only_superuser_changes_groups(root_client: Client, team: Team) -> None:
    group = Group.objects.get(name="Writers")
    clerk, address = (
        sign_in(Client(), create_clerk("change_group", "add_group")),
        f"/admin/auth/group/{group.pk}/change/",
    )
    data = {"name": "Authors", "permissions": []}
    assert clerk.get(address).status_code == 200
    assert clerk.post(address, data).status_code == clerk.get("/admin/auth/group/add/").status_code == 403
    assert root_client.post(address, data).status_code == 302
