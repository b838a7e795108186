"""A crash between the two databases leaves a membership without its member row; the next sign-in mends it."""

from ringfence.kernel.context import acting
from ringfence.kernel.permissions import Purpose, Role
from tenants.gate.people import add_membership, add_person
from tenants.gate.places import places_of
from tenants.models import Member
from tenants.services.heal_member import heal_member
from tests.world import new_workspace


def test_the_missing_row_is_written_once() -> None:
    acme = new_workspace("Acme")
    person_id = add_person(email=f"half-{acme.public_id}@people.example", name="Half Done", password=None)
    member_id = add_membership(person_id=person_id, tenant_id=acme.tenant_id, role=Role.LABELER)
    place = places_of(person_id)[0]
    context = acme.service(Purpose.JOB)
    for _ in range(2):
        heal_member(person_id, place)
        with acting(context):
            row = Member.objects.get(id=member_id)
            assert context.keyring.open(row.name, field=Member.name, row=member_id) == b"Half Done"
            assert Member.objects.filter(role=Role.LABELER).count() == 1


def test_a_row_that_is_there_stays_as_it_is() -> None:
    acme = new_workspace("Acme")
    someone = acme.someone(Role.MANAGER)
    context = acme.service(Purpose.JOB)
    with acting(context):
        before = bytes(Member.objects.get(id=someone.member_id).name)
    heal_member(someone.person_id, places_of(someone.person_id)[0])
    with acting(context):
        assert bytes(Member.objects.get(id=someone.member_id).name) == before
