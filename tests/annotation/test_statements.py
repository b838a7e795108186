"""The queue's statements, as they are sent."""

import pytest
from psycopg import _queries

from annotation.services import queue_sql
from annotation.services.statements import short

STATEMENTS = {
    name: text for name, text in vars(queue_sql).items() if name.isupper() and isinstance(text, str)
}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_psycopg_remembers_how_a_statement_of_the_queue_is_split(name):
    """A longer one costs every request of a labeler: shorten it, or take a part out."""
    assert len(short(STATEMENTS[name])) <= _queries.MAX_CACHED_STATEMENT_LENGTH


def test_blanks_go_and_what_stands_in_quotes_stays():
    written = """
        select a ,  b from t ( x )
         where c = 'two  words, (kept)' and d in ( %(one)s , %(two)s )
    """
    assert short(written) == "select a,b from t(x)where c = 'two  words, (kept)' and d in(%(one)s,%(two)s)"


def test_a_comment_is_refused_since_it_would_swallow_what_follows():
    with pytest.raises(ValueError, match="comment"):
        short("select 1 -- one\n from t")
