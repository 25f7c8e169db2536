"""Who may open and change whose account. Nobody gains rights."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from briefs import workflow
from briefs.models import Brief, Person
from briefs.tests.support import factories
from briefs.tests.support.factories import Team
from briefs.tests.support.form_client import sign_in
from briefs.workflow import AssignmentPlan

from .people_pages import change_url, create_clerk, open_form

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]


def test_clerk_cannot_grant_rights_they_lack(client: Client, team: Team) -> None:
    target = factories.person("target", "Writers")
    sign_in(client, create_clerk())
    data = open_form(client, change_url(target))
    publishers = Group.objects.get(name="Publishers")
    forged = data.data_with(
        name="新名",
        is_superuser="on",
        user_permissions=[str(Permission.objects.get(codename="publish_briefs").pk)],
    )
    assert client.post(change_url(target), forged).status_code == 302
    target = Person.objects.get(pk=target.pk)
    assert (target.name, target.is_superuser, target.user_permissions.count()) == ("新名", False, 0)
    assert client.post(change_url(target), data.data_with(groups=[str(publishers.pk)])).status_code == 200
    assert not target.groups.filter(pk=publishers.pk).exists()


def test_superuser_cannot_lock_self_out_and_leaver_loses_access(client: Client, team: Team) -> None:
    root = Person.objects.create_superuser("root", password="pw", is_staff=True)
    sign_in(client, root)
    for name in ("is_active", "is_staff", "is_superuser"):
        data = {key: value for key, value in open_form(client, change_url(root)).data.items() if key != name}
        page = client.post(change_url(root), data)
        assert page.status_code == 200
        assert "You would lock yourself out" in page.text
    assert Person.objects.filter(pk=root.pk, is_active=True, is_staff=True, is_superuser=True).exists()
    leaver_client = sign_in(Client(), team.reviewer)
    data = {
        key: value
        for key, value in open_form(client, change_url(team.reviewer)).data.items()
        if key != "is_active"
    }
    assert client.post(change_url(team.reviewer), data).status_code == 302
    assert leaver_client.get("/admin/briefs/brief/").status_code == 302  # to the sign-in page
    client.post(f"/admin/briefs/person/{team.reviewer.pk}/delete/")
    assert Person.objects.filter(pk=team.reviewer.pk).exists()


def test_open_work_of_a_deactivated_person_is_unassigned_and_their_links_close(
    client: Client, team: Team
) -> None:
    draft = factories.draft_brief(team)
    factories.assign_writer(draft, team.writer, by=team.publisher)
    brief = factories.submitted_brief(team, factories.content("乙"))
    factories.assign_reviewer(brief, "en", team.reviewer, by=team.publisher)
    shared = workflow.share(brief, by=team.writer)
    assert client.get(f"/preview/{shared.token}/").status_code == 200
    root_client = sign_in(Client(), Person.objects.create_superuser("root", password="pw", is_staff=True))
    for person in (team.writer, team.reviewer):
        data = open_form(root_client, change_url(person)).data
        data = {name: value for name, value in data.items() if name != "is_active"}
        assert root_client.post(change_url(person), data).status_code == 302
    plan = AssignmentPlan.load(Brief.objects.get(pk=brief.pk))
    assert (plan.writer.person, plan.reviewers["en"].person) == (None, None)
    page = sign_in(client, team.publisher).get(f"/admin/briefs/brief/{draft.pk}/change/").text
    assert "Nobody is writing this yet." in page
    assert client.get(f"/preview/{shared.token}/").status_code == 404


def test_clerk_cannot_edit_person_with_more_rights(client: Client, team: Team) -> None:
    root = Person.objects.create_superuser("root", password="pw", is_staff=True)
    sign_in(client, create_clerk())
    retired = factories.person("retired", "Publishers", is_active=False)
    for target in (root, team.publisher, retired, factories.person("other", "Reviewers")):
        assert client.post(change_url(target), {"username": "mine"}).status_code == 403
        password = f"/admin/briefs/person/{target.pk}/password/"
        assert (
            client.post(
                password, {"password1": "new-long-password", "password2": "new-long-password"}
            ).status_code
            == 403
        )
    assert Person.objects.get(pk=root.pk).check_password("pw")


def test_person_list_refuses_lookups_on_hidden_columns(client: Client, team: Team) -> None:
    sign_in(client, create_clerk())
    for query in (
        "password__startswith=p",
        "email__startswith=a",
        "groups__permissions__codename=x",
        "is_superuser__exact=1",
    ):
        assert client.get(f"/admin/briefs/person/?{query}").status_code == 400


def test_only_superuser_changes_groups(client: Client, team: Team) -> None:
    group = Group.objects.get(name="Writers")
    sign_in(client, create_clerk("change_group", "add_group"))
    assert client.get(f"/admin/auth/group/{group.pk}/change/").status_code == 200
    assert (
        client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x", "permissions": []}).status_code
        == 403
    )
    assert client.get("/admin/auth/group/add/").status_code == 403
    assert group.permissions.count() == 1
    sign_in(client, Person.objects.create_superuser("root", password="pw", is_staff=True))
    assert (
        client.post(
            f"/admin/auth/group/{group.pk}/change/", {"name": "Authors", "permissions": []}
        ).status_code
        == 302
    )
    assert timezone.now() >= Person.objects.get(username="root").date_joined
