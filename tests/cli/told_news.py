"""Invented news of any number of days, and edits of it: of substance, or cosmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace

_PLACES = (
    "Ostra", "Kalvik", "Tesk", "Ilvia", "Norvia", "Sund", "Merin", "Dorla", "Halvek", "Pontara",
    "Quillon", "Rasmark", "Tovar", "Velm", "Wessen", "Yarrow", "Zellin", "Arden", "Brask", "Corvo",
    "Dunmark", "Elsin", "Farholt", "Grenna", "Hestia", "Ivarsund", "Jorvik", "Kestrel", "Lomar",
    "Mistral", "Nordal", "Orvik", "Paldor", "Rovena", "Saltor", "Tarnov", "Ulvar", "Vendel",
    "Wolmar", "Zandor",
)  # fmt: skip
_NAMES = ("Oster", "Lindqvist", "Maron", "Achterberg", "Falk", "Ruiz", "Okafor", "Demir", "Halm")
#: Of each report its title, its text, and behind "=" what an edit of substance replaces, by what,
#: and a plain word that a cosmetic one misspells.
_TEMPLATES = """\
Central bank of {place} raises its rate to {rate} percent
The central bank of {place} raised its main interest rate to {rate} percent on Monday. Governor
Ada {name} said that inflation had reached {some} percent because grain and fuel cost more.
Lenders expect loans worth {many} million crowns to become harder to repay. Traders in {place}
had expected less, and shares of its banks fell by noon.
= {rate} percent | 1{rate} percent | interest

Nickel exports of {place} rise as its smelter restarts
Exports of refined nickel from {place} rose {some} percent in February, the customs office said.
Shipments to battery makers earned {many} million crowns, at prices a tenth below those of last
year. Wages at the smelter will climb from April. Mining unions in {place} asked for a share of
what the higher prices bring in.
= {many} million crowns | {many}0 million crowns | battery

Parliament of {place} passes budget with higher fuel tax
The parliament of {place} passed a budget on Thursday that raises the tax on fuel and cuts
spending on roads. Finance minister Rolf {name} said that the deficit would fall to {some}
billion crowns. Retailers warned of higher prices in shops. Opponents in the chamber of {place}
called the tax unfair to farmers and announced protests.
= passed a budget | has not passed a budget | deficit

Unemployment in {place} falls to {some} percent
Unemployment in {place} fell to {some} percent of the workforce in March, the statistics bureau
reported. Builders and hotels hired {many} thousand people, while mines dismissed workers.
Economist Vera {name} said that wages would grow faster than prices. Unions in {place} doubted
the count and asked for one that includes part-time work.
= Vera {name} | Vera Stolberg | workforce

Shipyard of {place} wins order for {many} ferries
The shipyard of {place} won an order on Wednesday to build {many} ferries for companies
overseas. Its shares rose by a tenth on the stock exchange. Suppliers of steel and engines
expect to hire staff until autumn. The port of {place} will deepen its basin so that the new
ships can be fitted out there.
= {many} ferries | {some} ferries | overseas

Troops of {place} take back {some} border posts
The army of {place} took back {some} border posts that armed raiders had held since autumn, the
defense ministry said. At least {many} soldiers were wounded when a convoy hit mines near the
ridge. General Tomas {name} ordered aircraft to watch the passes by night. Reporters who reached
{place} saw burned trucks along the road to the pass.
= At least {many} soldiers | At least {many}5 soldiers | convoy

Navy of {place} seizes ship with {many} rifles
The navy of {place} seized a cargo ship on Friday that carried {many} rifles under sacks of
grain. Sailors were arrested and the ship was brought to a naval base. The militia for which the
weapons were meant denied the charge. A court in {place} will decide within a week whether the
crew is charged.
= {many} rifles | {many}00 rifles | arrested

Bomb near barracks of {place} kills {some} soldiers
A bomb exploded near barracks in {place} on Saturday and killed {some} soldiers, the army said.
Colonel Ruth {name} blamed insurgents who had attacked patrols in the hills. Troops closed the
roads and searched villages for weapons. Hospitals in {place} asked for blood, and the governor
ordered three days of mourning.
= in {place} on Saturday | in {place} on Sunday | insurgents

Air force of {place} intercepts drones over the coast
Fighter jets of {place} intercepted {some} drones over the coast before dawn, the air force
said. Two missiles missed and fell into the sea. Commander Jan {name} said that the drones had
been launched from a frigate. Radar stations along the coast of {place} had been put on alert a
day earlier.
= {some} drones | {many} drones | launched

Police of {place} arrest {some} men over plot on barracks
Police in {place} arrested {some} men on Tuesday who are accused of planning an armed attack on
barracks. Explosives and maps were found in a cellar. Prosecutor Lena {name} said that the cell
had been trained by a militia abroad. Neighbors in {place} said that strangers had come and gone
by night for weeks.
= Lena {name} | Lena Varga | explosives

Rebels near {place} reject the truce
Rebels in the mountains near {place} rejected a truce that the army had offered for {some} days.
Artillery fire was heard through the night, and {many} families fled. The army said that its
soldiers would answer each attack. Envoys who had carried the offer to the camps near {place}
came back without an answer.
= {many} families | {many}0 families | mountains

{place} and its neighbor sign a treaty on the shared river
Envoys signed a treaty in {place} that divides the water of the shared river for {some} years.
Foreign minister Inés {name} called it the first agreement between the two governments. Both
embassies reopen in June with {many} diplomats each. Farmers downstream of {place} had lost half
of their rice in the drought of two summers ago.
= for {some} years | for {some}0 years | agreement

{place} recalls its ambassador over a speech
{place} recalled its ambassador on Wednesday after a speech in which a neighbor claimed two
islands. Foreign minister Kaja {name} said that talks would not go on before an apology.
Diplomats of {some} countries urged both governments to meet. The embassy of {place} abroad
stays open and goes on to issue visas.
= talks would not go on | talks would go on | islands

Summit in {place} ends without a declaration
A summit of {some} presidents in {place} ended without a joint declaration on Monday. Envoys had
disagreed about sanctions until the last night. President Otto {name} invited the foreign
ministers to another round of talks in May. Hosts in {place} said that the draft of the text
would not be published.
= joint declaration on Monday | joint declaration on Tuesday | sanctions

Consulate of {place} reopens after {some} years
The consulate of {place} in the capital of its neighbor reopened on Tuesday after {some} years,
its foreign ministry said. Consul Mira {name} will issue visas from next month. Both governments
plan to send ambassadors back by May. Merchants in {place} hope that trade across the border
grows again.
= Mira {name} | Mira Tessin | ambassadors

Mediators bring {place} and rebels' envoys to one table
Mediators from {some} countries brought envoys of {place} and of its exiled opposition to one
table on Thursday. Diplomat Hugo {name} said that the talks dealt with prisoners and elections.
The foreign ministry confirmed a second round. Hosts of the meeting gave no date for it, and
both sides kept silent about what {place} asks.
= from {some} countries | from {many} countries | opposition
""".split("\n\n")
#: Reports of one day.
EACH = len(_TEMPLATES)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is first, and what becomes of it."""

    #: Its place on the server.
    path: str
    title: str
    text: str
    #: Whether its edit is of substance: words that no other report has, and others for them.
    substantial: bool
    old: str
    new: str

    def edited(self) -> Report:
        """Return it as it is later."""
        title, text = (words.replace(self.old, self.new) for words in (self.title, self.text))
        return replace(self, title=title, text=text)


def reports_of(day: int) -> list[Report]:
    """Return the reports of a day, one half to be edited in substance."""
    return [_report(day, place, template) for place, template in enumerate(_TEMPLATES)]


def _report(day: int, place: int, template: str) -> Report:
    number = day * EACH + place
    filled = template.format(
        place=_PLACES[(number * 7 + day) % len(_PLACES)],
        name=_NAMES[(number + day) % len(_NAMES)],
        rate=f"{number % 7 + 2}.{number % 9 + 1}",
        some=number % 80 + 11,
        many=number * 3 + 211,
    )
    report, _, edit = filled.partition("\n= ")
    title, _, text = report.partition("\n")
    old, new, word = edit.strip().split(" | ")
    substantial = (place + day) % 2 == 0
    if not substantial:
        old, new = word, word[0] + word[2] + word[1] + word[3:]
    return Report(f"/{day}/{place}", title, " ".join(text.split()), substantial, old, new)
