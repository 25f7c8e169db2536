"""British spellings with their American forms (E1), built from stems and endings."""

_OUR = """
arbour ardour armour behaviour candour clamour colour demeanour dishonour enamour endeavour favour fervour flavour harbour
honour humour labour misbehaviour neighbour odour parlour rancour rigour rumour saviour savour splendour succour tumour
valour vapour vigour belabour
"""
_OUR_ENDINGS = """
s ed ing ings er ers ful fully less able ably ite ites itism al ally ist ists hood hoods ly y
"""
_ISE = """
acclimat acknowledg agon aggrand alphabet amort analog antagon apolog aromat atom author autom bapt brutal burglar canon
capital caramel categor central character civil colon commercial compartmental computer conceptual context contextual
criminal critic crystall custom debil decentral decolon deglobal dehuman demilitar democrat demon demoral
deprior destabil digit digital diplomat dollar dramat dynam econom emphas energ epitom equal eternal euthan external factual
familiar federal fertil final formal fossil fratern galvan general global glamor harmon hospital human hybrid hypothes
ideal idol immobil immun incentiv individual industrial initial institutional internal international ital jeopard
legal legitim liberal local magnet margin material maxim mechan memor mesmer militar minim mobil modern monet monopol
moral national natural neutral normal optim organ oxid operational penal personal philosoph plagiar
polar politic popular priorit privat professional public pulver radical rational real recogn
regional regular revital revolution romantic ruthless sanit satir scandal scrutin securit sensational sensit
serial social special stabil standard steril stigmat subsid summar symbol sympath symmetr synchron synthes systemat
tantal terror theor token traumat tribal trivial tyrann union urban util vandal vapor verbal victim visual
vocal weapon western
"""
_ISE_ENDINGS = "e es ed er ers ing ation ations ational able"
_PREFIXES = ("", "re", "de", "dis", "un", "over", "mis", "non", "pre")
_DOUBLED = """
cancel channel counsel dial duel equal fuel funnel initial label level libel marshal model panel pedal pencil quarrel
refuel remodel relabel revel rival shovel shrivel signal spiral squirrel stencil swivel total towel travel tunnel unravel
"""
_OTHERS = """
defence defense, defences defenses, defenceless defenseless, offence offense, offences offenses, pretence pretense,
licence license, licences licenses, practise practice, practised practiced, practises practices, practising practicing,
programme program, programmes programs, centre center, centres centers, centred centered, centring centering,
epicentre epicenter, theatre theater, theatres theaters, fibre fiber, fibres fibers, litre liter, litres liters,
metre meter, metres meters, kilometre kilometer, kilometres kilometers, centimetre centimeter, centimetres centimeters,
millimetre millimeter, millimetres millimeters, calibre caliber, sombre somber, spectre specter, spectres specters,
meagre meager, lustre luster, sabre saber, sabres sabers, manoeuvre maneuver, manoeuvres maneuvers,
manoeuvred maneuvered, manoeuvring maneuvering, manoeuvrable maneuverable, reconnoitre reconnoiter, grey gray,
greys grays, greyer grayer, greying graying, cheque check, cheques checks, chequered checkered, plough plow,
ploughs plows, ploughed plowed, aluminium aluminum, sceptic skeptic, sceptics skeptics, sceptical skeptical,
sceptically skeptically, scepticism skepticism, artefact artifact, artefacts artifacts, ageing aging,
judgement judgment, judgements judgments, acknowledgement acknowledgment, acknowledgements acknowledgments,
fulfil fulfill, fulfils fulfills, fulfilment fulfillment, enrol enroll, enrols enrolls, enrolment enrollment,
instalment installment, instalments installments, skilful skillful, skilfully skillfully, wilful willful,
wilfully willfully, distil distill, catalogue catalog, catalogues catalogs, catalogued cataloged, analogue analog,
whilst while, amongst among, learnt learned, spelt spelled, mould mold, moulds molds, moulded molded, tyre tire,
tyres tires, kerb curb, kerbs curbs, gaol jail, paediatric pediatric, anaemia anemia, anaemic anemic,
orthopaedic orthopedic, encyclopaedia encyclopedia, foetus fetus, leukaemia leukemia, oestrogen estrogen,
diarrhoea diarrhea, haemorrhage hemorrhage, haemorrhaging hemorrhaging, sulphur sulfur, pyjamas pajamas, storey story, storeys stories, jewellery jewelry,
woollen woolen, marvellous marvelous, counsellor counselor, counsellors counselors, travellers travelers,
analyse analyze, analysed analyzed, analyses analyzes, analysing analyzing, paralyse paralyze, paralysed paralyzed,
paralyses paralyzes, paralysing paralyzing, catalyse catalyze, catalysed catalyzed, catalysing catalyzing,
breathalyse breathalyze, cosy cozy,
aeroplane airplane, aeroplanes airplanes, tranquillity tranquility, focussed focused, focussing focusing
"""
# American English also has these, as plural nouns.
_ALSO_AMERICAN = {"analyses", "paralyses"}


def _build_spellings() -> dict[str, str]:
    pairs = dict(pair.split() for pair in _OTHERS.replace("\n", " ").split(", "))
    for stem in _OUR.split():
        for ending in ("", *_OUR_ENDINGS.split()):
            pairs[stem + ending] = f"{stem.removesuffix('our')}or{ending}"
    for stem in _ISE.split():
        for prefix in _PREFIXES:
            for ending in _ISE_ENDINGS.split():
                pairs[f"{prefix}{stem}is{ending}"] = f"{prefix}{stem}iz{ending}"
    for stem in _DOUBLED.split():
        for ending in ("ed", "ing", "er", "ers", "ings"):
            pairs[f"{stem}l{ending}"] = stem + ending
    return {british: american for british, american in pairs.items() if british not in _ALSO_AMERICAN}


BRITISH_TO_AMERICAN = _build_spellings()
"""Keys and values in lower case."""
