# ruff: noqa: S608 - the SQL texts hold names of ours; values travel as Arrow tables and parameters
"""Strong identifiers anywhere in text, in SQL: one look a column, whatever is sought.

A text that shows no trace of any shape costs one regular expression over its raw form. One that does is
decoded, and what it may hold is cut out in all shapes at once and joined to what is sought in one table.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lineage_assets.identifiers import Kind, Namespace
from scanners.residual import decoded, tokens
from scanners.residual.needles import BASE64, PERCENT, PLAIN, TOKEN
from scanners.residual.normal import canonical_in_sql, integer, mailbox, text_literal
from scanners.residual.spelled import INTEGER_MARK, mark_of
from scanners.residual.wants import (
    INTEGER_SHAPE,
    Wants,
    base64_trace,
    matches,
    trace_of,
    traces_but_at,
)

WHOLE, ANY, ONLY_AT = range(3)  # what a text is: an identifier, of whatever shape, without a trace but an @


@dataclass(frozen=True, kw_only=True)
class Anywhere:
    """How all text of a place is compared.

    Attributes:
        text: over v: the value as text.
        wants: what is sought there.
        repeated: whether a few values fill the column, so that the different ones are picked out first.
    """

    text: str
    wants: Wants
    repeated: bool = False

    def trace(self, x: str) -> str:
        """Return whether a raw text may hold anything sought, in SQL."""
        return trace_of(self.wants, x)

    def way(self, v: str) -> str:
        """Return which way a traced text takes, in SQL: `WHOLE`, `ONLY_AT` or `ANY`.

        One that is an identifier and nothing else takes a short way, and so does one with an @ and no other
        trace.
        """
        simple, other = self.wants.simple, " OR ".join(traces_but_at(self.wants, v))
        whole = f"WHEN regexp_full_match({v}, {simple}) THEN {WHOLE} " if simple else ""
        at = f"WHEN NOT ({other}) THEN {ONLY_AT} " if self.wants.kind(Kind.EMAIL) else ""
        return f"CASE {whole}{at}ELSE {ANY} END" if whole or at else str(ANY)

    def candidates(self, rows: str, way: int, needles: str | None) -> str:
        """Return the SQL of all candidates of some texts that take one way: c, v, f, how.

        Args:
            rows: SQL of the texts: v, f. Each has to be looked at once only.
            way: the way they all take.
            needles: the name of what is sought: texts are left out that have an @ but none of its addresses.
                None where nobody knows: then none is.
        """
        if way == WHOLE:
            both = f"WHEN {tokens.goes_on('v')} THEN [lower(v), lower({tokens.address_of('v')})]"
            address = f"CASE {both} ELSE [lower(v)] END"
            found = f"CASE WHEN contains(v, '@') THEN {address} ELSE [replace(lower(v), '-', '')] END"
            return f"SELECT unnest({found}) AS c, v, f, '{TOKEN}' AS how FROM ({rows})"
        if way == ANY:
            return self._decoded(rows)
        near = self._near(rows, needles) if needles and self.wants.simple else rows
        texts = f"SELECT *, nfc_normalize(v) AS t FROM ({near})"
        found = _of_emails(tokens.email_tokens("t"), self.wants.kind(Kind.EMAIL))
        return f"SELECT unnest(list_distinct({found})) AS c, v, f, '{TOKEN}' AS how FROM ({texts})"

    def _near(self, rows: str, needles: str) -> str:
        """The texts that have the end of a sought name right before an @, as far as ASCII can tell."""
        tail = f"lambda p: right(p, {self.wants.tail})"
        tails = f"list_transform(string_split(lower(v), '@')[:-2], {tail})"
        each = f"SELECT v, f, unnest({tails}) AS z FROM ({rows}) WHERE strlen(v) = length(v)"
        sought = f"SELECT right(split_part(needle, '@', 1), {self.wants.tail}) AS z FROM {needles}"
        near = f"SELECT v, f FROM ({each}) SEMI JOIN ({sought} WHERE contains(needle, '@')) USING (z)"
        return f"{near} UNION ALL SELECT v, f FROM ({rows}) WHERE strlen(v) <> length(v)"

    def _decoded(self, rows: str) -> str:
        plain = f"SELECT v, {decoded.unescaped('v')} AS t, f FROM ({rows})"
        url = f"SELECT *, {decoded.percent_decoded('t')} AS p FROM ({plain})"
        inner = decoded.base64_decoded(
            "concat_ws(chr(10), t, p)", base64_trace(self.wants), self.wants.shortest
        )
        layers = f"SELECT *, {_unescaped_too(inner)} AS b FROM ({url})"
        each = f"SELECT v, f, unnest({_LAYERS}) AS l FROM ({layers})"
        found = f"SELECT v, f, l.how AS how, l.t AS t FROM ({each})"
        return f"SELECT unnest({_candidates(self.wants)}) AS c, v, f, how FROM ({found})"

    def how(self) -> str:
        """Return the SQL over n (v, how, needle) of how a match stands: as the whole value, or inside it."""
        whole = [f"n.needle = {_marked(one, canonical_in_sql(one, 'n.v'))}" for one in self._plain()]
        same = f"coalesce({' OR '.join(whole)}, false)" if whole else "false"
        return f"CASE WHEN n.how = '{TOKEN}' AND {same} THEN '{PLAIN}' ELSE n.how END"

    def _plain(self) -> Iterable[Namespace]:
        return {(n.kind, n.choices): n for n in (*self.wants.patterns, *self.wants.strong)}.values()


def _layer(how: str, text: str) -> str:
    return f"{{'how': '{how}', 't': {text}}}"


_ALL_LAYERS = f"[{_layer(TOKEN, 't')}, {_layer(PERCENT, 'p')}, {_layer(BASE64, 'b')}]"
_LAYERS = (
    f"CASE WHEN p IS NULL AND b IS NULL THEN [{_layer(TOKEN, 't')}]"
    f" ELSE list_filter({_ALL_LAYERS}, lambda z: z.t IS NOT NULL) END"
)


def _unescaped_too(x: str) -> str:
    return f"list_transform([{x}], lambda y: {decoded.unescaped('y')})[1]"


def _marked(namespace: Namespace, canonical: str) -> str:
    bare = f"replace({canonical}, '-', '')" if namespace.kind is Kind.UUID else canonical
    mark = mark_of(namespace)
    return f"{text_literal(mark)} || {bare}" if mark else bare


def _candidates(wants: Wants) -> str:
    """The list of all that a text t may hold."""
    emails, phones = wants.kind(Kind.EMAIL), wants.kind(Kind.PHONE)
    lists = [_when("contains(t, '@')", _of_emails(tokens.email_tokens("t"), emails))] if emails else []
    lists += [_when(matches(tokens.PHONE_TRACE), tokens.phone_tokens("t"))] if phones else []
    lists += [_of_region(one) for one in phones if one.region]
    if wants.kind(Kind.UUID) or wants.digests:
        lists.append(_when(matches(tokens.HEX_TRACE), tokens.hex_tokens("t")))
        lists.append(_when(matches(tokens.DIGEST_TRACE), tokens.digest_tokens("t")))
    lists += [
        _when(matches(one.distinctive or ""), tokens.pattern_tokens("t", one)) for one in wants.patterns
    ]
    if wants.integers:
        lists.append(_when(matches(INTEGER_SHAPE), f"['{INTEGER_MARK}' || {integer('t')}]"))
    return f"list_distinct(list_concat({', '.join(lists)}))"


def _of_emails(found: str, namespaces: tuple[Namespace, ...]) -> str:
    """Addresses as they are, and as namespaces that ignore something have them."""
    each = [f"list_transform({found}, lambda z: {_marked(one, mailbox('z', one))})" for one in namespaces]
    return (
        f"list_concat({', '.join(each)})"
        if len(each) > 1
        else (found if not namespaces[0].choices else each[0])
    )


def _of_region(namespace: Namespace) -> str:
    marked = (
        f"list_transform(list_concat({tokens.phone_tokens('t')}, {tokens.national_tokens('t')}), lambda z: "
    )
    marked += f"{_marked(namespace, canonical_in_sql(namespace, 'z'))})"
    return _when(f"{matches(tokens.PHONE_TRACE)} OR {matches(tokens.NATIONAL_TRACE)}", marked)


def _when(condition: str, found: str) -> str:
    return f"CASE WHEN {condition} THEN {found} ELSE [] END"
