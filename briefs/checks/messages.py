"""English msgids of the findings by code, to be translated and filled with a finding's values.

`gettext_noop` and `ngettext` only mark the strings for `makemessages`: this package does not import Django.
"""

from briefs.checks.finding import MessageValues


def gettext_noop(message: str) -> str:
    return message


def ngettext(one: str, many: str) -> tuple[str, str]:
    return one, many


FINDING_MESSAGES: dict[str, str] = {
    "completeness.source": gettext_noop("Choose a source."),
    "completeness.date": gettext_noop("Enter the date of the article."),
    "completeness.headline": gettext_noop("Enter a headline in both languages before you submit."),
    "completeness.summary_zh": gettext_noop("The Chinese summary is empty."),
    "completeness.summary_en": gettext_noop("The English summary is empty."),
    "completeness.bullet_zh": gettext_noop(
        "Bullet %(n)s has no Chinese. Add it, or mark it as intentionally one-sided."
    ),
    "completeness.bullet_en": gettext_noop(
        "Bullet %(n)s has no English. Add it, or mark it as intentionally one-sided."
    ),
    "completeness.picture_alt": gettext_noop("Describe the picture in both languages."),
    "completeness.picture_credit": gettext_noop("Say whose picture it is."),
    "completeness.picture_licence": gettext_noop("Say under which licence the picture may be shown."),
    "addresses.lookalike": gettext_noop("%(host)s can be mistaken for another site. Check the address."),
    "addresses.known": gettext_noop(
        "%(host)s can be mistaken for %(known)s, the site of a source. Check the address."
    ),
    "addresses.invisible": gettext_noop("The address has a character that cannot be seen: %(a)s. Remove it."),
    **dict.fromkeys(
        ("meaning.names", "meaning.dates", "meaning.multiples", "meaning.currency", "numbers.count"),
        gettext_noop("The Chinese says %(zh)s, the English %(en)s. Is one of them wrong?"),
    ),
    "meaning.direction": gettext_noop("The Chinese says %(zh)s, the English %(en)s: one is up, one is down."),
    "meaning.certainty": gettext_noop(
        "The Chinese says %(zh)s, the English %(en)s: one is certain, one is not."
    ),
    "meaning.quantity": gettext_noop("The Chinese says %(zh)s, the English %(en)s: not the same share."),
    "meaning.opposites": gettext_noop(
        "The Chinese says %(zh)s, the English %(en)s: they exclude each other."
    ),
    "meaning.obligation": gettext_noop("The Chinese says %(zh)s, the English %(en)s: only one says no."),
    "meaning.negation_zh": gettext_noop("The Chinese has %(value)s; the English has no negation."),
    "meaning.negation_en": gettext_noop("The English has “%(value)s”; the Chinese has no negation."),
    "meaning.contrast": gettext_noop("One language recommends what the other rejects."),
    "meaning.actors": gettext_noop(
        "%(zh)s acts in the Chinese, %(en)s in the English. Who does what to whom?"
    ),
    "numbers.zh_only": gettext_noop("%(value)s appears in the Chinese only. Is it missing from the English?"),
    "numbers.en_only": gettext_noop("%(value)s appears in the English only. Is it missing from the Chinese?"),
    "numbers.scale": gettext_noop("%(en)s is %(right)s, not %(zh)s."),
    "numbers.convert": gettext_noop("%(en)s is about %(right)s; the Chinese says %(zh)s."),
    "numbers.unit": gettext_noop(
        "The English says %(en)s, the Chinese %(zh)s: the figure is the same, the unit is not."
    ),
    "length.zh_short": gettext_noop(
        "The English is long for this Chinese (ratio %(r)s). Has something been left out?"
    ),
    "length.en_short": gettext_noop(
        "The Chinese is long for this English (ratio %(r)s). Has something been left out?"
    ),
    "punctuation.quotes": gettext_noop("Curly quotation marks in Chinese. Change to 「」"),
    "punctuation.straight": gettext_noop("Straight quotation marks in Chinese. Change to 「」"),
    "punctuation.outer": gettext_noop("『』 are for a quotation inside another. Change to 「」"),
    "punctuation.marks": gettext_noop("“%(a)s” in Chinese. Change to %(b)s"),
    "punctuation.spaces": gettext_noop("Space between Chinese and Latin text. Remove"),
    "glossary.zh_only": gettext_noop(
        "%(value)s appears in the Chinese only. Is it missing from the English?"
    ),
    "glossary.en_only": gettext_noop(
        "%(value)s appears in the English only. Is it missing from the Chinese?"
    ),
    "glossary.avoid": gettext_noop("The glossary prefers %(b)s to %(a)s."),
    "mainland.wording": gettext_noop("“%(a)s” is mainland usage. In Taiwan: %(b)s"),
    "simplified.character": gettext_noop("Simplified character %(a)s. Change to %(b)s"),
    "variants.mixed": gettext_noop("%(a)s and %(b)s are both used in this brief. Change to %(b)s"),
    "persons.point": gettext_noop("“%(a)s” in a foreign name. Change to %(b)s"),
    "persons.space": gettext_noop("Space in a foreign name. Change to %(b)s"),
    "persons.again": gettext_noop("%(a)s has been named in full before. From then on: %(b)s"),
    "stops.comma": gettext_noop("“%(a)s” at the end of a bullet. Remove"),
    "numerals.style": gettext_noop("%(a)s is not how this house writes figures. Change to %(b)s"),
    "numerals.plain": gettext_noop("%(a)s is not how this house writes figures. Use 萬 and 億"),
    "spelling.british": gettext_noop("British spelling %(a)s. Change to %(b)s"),
    "typos.word": gettext_noop("“%(a)s” has a wrong character. Change to %(b)s"),
    "misspellings.word": gettext_noop("“%(a)s” may be misspelled. Change to %(b)s"),
    "abbreviations.style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”"),
    "taiwan.naming": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”"),
    "taiwan.word": gettext_noop("“%(a)s” alone is not house style."),
    "taiwan.two_names": gettext_noop("%(a)s and %(b)s are both used in this brief. Choose one."),
    "headline.case": gettext_noop("The headline is not in title case. Change to “%(b)s”"),
    "headline.capitals": gettext_noop("The headline is all in capitals."),
    "headline.stop": gettext_noop("Final stop in the headline. Remove"),
    "headline.long_en": gettext_noop("The English headline has %(n)s characters; the limit is %(m)s."),
    "headline.long_zh": gettext_noop("The Chinese headline has %(n)s characters; the limit is %(m)s."),
    "serial.comma": gettext_noop("No comma before “%(a)s” in a series. Add one"),
    "dashes.style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”"),
    "quotes.straight": gettext_noop("Straight quotation marks. Change to “ ”"),
    "quotes.unbalanced": gettext_noop("A quotation mark has no partner."),
    "quotes.outer": gettext_noop("‘ ’ are for a quotation inside another. Change to “ ”"),
    "amounts.style": gettext_noop("“%(a)s” is not house style. Change to “%(b)s”"),
    "quotations.long": gettext_noop("Quoted words add up to %(n)s; the limit is %(m)s."),
    "pairing.doubtful": gettext_noop("This pair may not say the same."),
    "pairing.swap": gettext_noop("This pair may not say the same. The English of bullet %(n)s fits better."),
    "pairing.joined": gettext_noop(
        "This bullet and %(n)s say together what one text says. Join or split (Esc M, Enter)."
    ),
    "form.unpaired": gettext_noop("“%(a)s” has no partner."),
    "form.doubled": gettext_noop("Doubled punctuation “%(a)s”. Change to “%(b)s”"),
    "form.repeated": gettext_noop("“%(a)s” is written twice. Remove one"),
    "form.invisible": gettext_noop("A character here cannot be seen: %(a)s. Remove"),
    "form.language_zh": gettext_noop("This Chinese text is mostly in English."),
    "form.language_en": gettext_noop("This English text is mostly in Chinese."),
    "form.chinese_left": gettext_noop(
        "“%(a)s” is Chinese. Translate it, or put it in brackets or quotation marks."
    ),
    "form.weekday": gettext_noop("The date was not a %(a)s. Change to %(b)s"),
    "form.addresses": gettext_noop("The two languages link to different addresses."),
    "structure.differs": gettext_noop("Structure differs: %(zh)s in Chinese, %(en)s in English."),
    "names.glossary": gettext_noop("%(name)s has no counterpart. Add it to the glossary?"),
}

PLURAL_FINDING_MESSAGES: dict[str, tuple[str, str]] = {
    "punctuation.commas": ngettext(
        "%(n)s half-width comma between Chinese characters. Change to ，",
        "%(n)s half-width commas between Chinese characters. Change to ，",
    ),
    "punctuation.width": ngettext(
        "%(n)s half-width punctuation mark between Chinese characters. Change to full width",
        "%(n)s half-width punctuation marks between Chinese characters. Change to full width",
    ),
    "punctuation.brackets": ngettext(
        "%(n)s pair of half-width brackets beside Chinese characters. Change to （）",
        "%(n)s pairs of half-width brackets beside Chinese characters. Change to （）",
    ),
    "stops.missing": ngettext(
        "%(n)s of %(m)s bullets in this list has no final stop. Add %(mark)s",
        "%(n)s of %(m)s bullets in this list have no final stop. Add %(mark)s",
    ),
    "spaces.han": ngettext(
        "%(n)s space between Chinese characters. Remove",
        "%(n)s spaces between Chinese characters. Remove",
    ),
    "spaces.stray": ngettext(
        "%(n)s double or invisible space. Clean up",
        "%(n)s double or invisible spaces. Clean up",
    ),
}
"""Messages with an English plural, chosen by the value `n`."""


def find_msgid(code: str, values: MessageValues) -> str:
    """Return the untranslated msgid, singular or plural by English rules."""
    if code in PLURAL_FINDING_MESSAGES:
        return PLURAL_FINDING_MESSAGES[code][values["n"] != 1]
    return FINDING_MESSAGES[code]
