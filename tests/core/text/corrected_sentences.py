"""Invented sentences as printed and as their sources have them now, by what the change is.

Written before the rules of ``briefing/core/text/corrections.py``. Every second pair was kept back
while they were made (:func:`kept_back`).
"""

from __future__ import annotations

from typing import TypeAlias

Pair: TypeAlias = tuple[str, str]

#: What was printed is no longer so.
SUBSTANTIVE: tuple[Pair, ...] = (
    # numbers in digits
    (
        "The central bank of Ostra raised its policy rate to 4 percent on Wednesday.",
        "The central bank of Ostra raised its policy rate to 3.75 percent on Wednesday.",
    ),
    (
        "Exports of refined nickel rose 4.2 per cent in February, the customs office said.",
        "Exports of refined nickel rose 2.4 per cent in February, the customs office said.",
    ),
    (
        "The lease brings in $14 million a year and leaves the grain terminal untouched.",
        "The lease brings in $14 billion a year and leaves the grain terminal untouched.",
    ),
    (
        "The fine of 612 million euros is the highest since 2011.",
        "The fine of 612 million kronor is the highest since 2011.",
    ),
    (
        "The road is 42 kilometers long and crosses two rivers.",
        "The road is 42 miles long and crosses two rivers.",
    ),
    (
        "The fund holds $3.1bn in bonds, the auditor said.",
        "The fund holds $3.1m in bonds, the auditor said.",
    ),
    (
        "The quake struck at 06:42 and was felt in Kalvik.",
        "The quake struck at 08:42 and was felt in Kalvik.",
    ),
    (
        "Sund beat Tarn 3-1 in the final of the river cup.",
        "Sund beat Tarn 3-2 in the final of the river cup.",
    ),
    ("The index fell 0.5 percent to 1,488 points.", "The index fell 0.5 percent to 1,448 points."),
    (
        "Growth in the second quarter was 1.5 percent, the office said.",
        "Growth in the third quarter was 1.5 percent, the office said.",
    ),
    (
        "The rate of unemployment fell from 7 percent to 6 percent in May.",
        "The rate of unemployment fell from 6 percent to 7 percent in May.",
    ),
    (
        "The temperature at the station fell to -12 degrees on Monday night.",
        "The temperature at the station fell to 12 degrees on Monday night.",
    ),
    ("The bank cut its rate by 0.25 percentage points.", "The bank cut its rate by 0.25 percent."),
    (
        "The plan costs 30 million crowns over four years.",
        "The plan costs 30 million crowns over five years.",
    ),
    # numbers in words
    (
        "Eleven sailors were arrested and the ship was brought to the naval base at Tarn.",
        "Twelve sailors were arrested and the ship was brought to the naval base at Tarn.",
    ),
    (
        "At least seven people were killed when the ferry sank.",
        "At least 17 people were killed when the ferry sank.",
    ),
    (
        "Two thirds of the members voted for the strike.",
        "Three quarters of the members voted for the strike.",
    ),
    (
        "Twenty-one villages are without power after the storm.",
        "Thirty-one villages are without power after the storm.",
    ),
    (
        "The treaty was signed by nine states and takes effect in June.",
        "The treaty was signed by six states and takes effect in June.",
    ),
    (
        "A dozen houses burned down on the edge of Sarn.",
        "Two dozen houses burned down on the edge of Sarn.",
    ),
    # dates
    (
        "Trucks may pass from Monday, the foreign ministry said.",
        "Trucks may pass from Tuesday, the foreign ministry said.",
    ),
    (
        "The envoys will meet in Lund on 23 March to settle the matter.",
        "The envoys will meet in Lund on 25 March to settle the matter.",
    ),
    (
        "The law takes effect in January and covers all ports.",
        "The law takes effect in July and covers all ports.",
    ),
    ("The crossings had been closed since 2019.", "The crossings had been closed since 2016."),
    (
        "The court will rule tomorrow on the appeal of the fishing crews.",
        "The court will rule next week on the appeal of the fishing crews.",
    ),
    # names of people
    (
        "Governor Ines Halm said that prices had risen in a year.",
        "Governor Inez Halm said that prices had risen in a year.",
    ),
    (
        "The prime minister, Karel Osk, resigned after the vote.",
        "The prime minister, Pavel Osk, resigned after the vote.",
    ),
    (
        "Defense minister Ann Brandt met the crews at the harbor.",
        "Defense minister Ann Brand met the crews at the harbor.",
    ),
    (
        "Mr. Tavi was charged with fraud by the prosecutor of Kalvik.",
        "Mr. Savi was charged with fraud by the prosecutor of Kalvik.",
    ),
    (
        "Police arrested Jon Rask at his house near the lake.",
        "Police arrested Jan Rusk at his house near the lake.",
    ),
    # places and organizations
    (
        "A bomb exploded near a market in Sarn on Friday.",
        "A bomb exploded near a market in Tarn on Friday.",
    ),
    (
        "Ostra and Vell signed an agreement to reopen two border crossings.",
        "Ostra and Fell signed an agreement to reopen two border crossings.",
    ),
    ("North Ulm has closed its embassy in Kalvik.", "South Ulm has closed its embassy in Kalvik."),
    (
        "The loan comes from the Northern Development Bank and runs until May.",
        "The loan comes from the Eastern Investment Fund and runs until May.",
    ),
    (
        "Workers at Halden Steel walked out before dawn.",
        "Workers at Marden Steel walked out before dawn.",
    ),
    (
        "The ship was sailing under the flag of Liberia when it was stopped.",
        "The ship was sailing under the flag of Panama when it was stopped.",
    ),
    (
        "Vell attacked Ostra along the river on Sunday.",
        "Ostra attacked Vell along the river on Sunday.",
    ),
    (
        "The WTO will hear the complaint of the nickel exporters.",
        "The WHO will hear the complaint of the nickel exporters.",
    ),
    (
        "The Hungarian embassy issued the visas to the drivers.",
        "The Bulgarian embassy issued the visas to the drivers.",
    ),
    # negation
    (
        "The ministry said that it would sell the two old hulls.",
        "The ministry said that it would not sell the two old hulls.",
    ),
    (
        "The minister did not know of the payments before the audit.",
        "The minister knew of the payments before the audit.",
    ),
    (
        "The reactor can't be restarted this year, its operator said.",
        "The reactor can be restarted this year, its operator said.",
    ),
    (
        "The company confirmed that it had paid for the leaflets.",
        "The company denied that it had paid for the leaflets.",
    ),
    (
        "No foreign troops would be based ashore, officials said.",
        "Foreign troops would be based ashore, officials said.",
    ),
    (
        "The strait was safe for ships, the coastguard said.",
        "The strait was unsafe for ships, the coastguard said.",
    ),
    (
        "The court found the two engineers guilty of neglect.",
        "The court found the two engineers not guilty of neglect.",
    ),
    (
        "The sale of the arms was legal, the court of appeal ruled.",
        "The sale of the arms was illegal, the court of appeal ruled.",
    ),
    ("The crew never left the ship while it burned.", "The crew left the ship while it burned."),
    (
        "The pact was signed without the consent of parliament.",
        "The pact was signed with the consent of parliament.",
    ),
    # attribution and modality
    (
        "The arms were meant for a militia in the south.",
        "The arms were allegedly meant for a militia in the south.",
    ),
    (
        "The general ordered the attack on the convoy, the police said.",
        "The general ordered the attack on the convoy, a rebel spokesman said.",
    ),
    ("The bank will cut its rate twice this year.", "The bank may cut its rate twice this year."),
    ("The mayor reportedly took money from the builder.", "The mayor took money from the builder."),
    (
        "The company said it had lost the records in a fire.",
        "The company lost the records in a fire.",
    ),
    (
        "Two men suspected of robbing the bank were held on Thursday.",
        "Two men convicted of robbing the bank were held on Thursday.",
    ),
    (
        "The union will strike on the ferries for three days.",
        "The union threatened to strike on the ferries for three days.",
    ),
    (
        "The dam must be closed before the winter, engineers said.",
        "The dam should be closed before the winter, engineers said.",
    ),
    (
        "The former head of the customs office was arrested.",
        "The head of the customs office was arrested.",
    ),
    (
        "The ministry said that all of the ships had returned.",
        "The ministry said that some of the ships had returned.",
    ),
    (
        "The deal is likely to pass both chambers in June.",
        "The deal is unlikely to pass both chambers in June.",
    ),
    # one word that turns the fact
    (
        "Nine miners were killed when the shaft filled with water.",
        "Nine miners were injured when the shaft filled with water.",
    ),
    (
        "Exports of timber rose in February for the third month.",
        "Exports of timber fell in February for the third month.",
    ),
    (
        "The jury acquitted the banker of all charges.",
        "The jury convicted the banker of all charges.",
    ),
    (
        "The council approved the lease of the two berths.",
        "The council rejected the lease of the two berths.",
    ),
    (
        "Fire destroyed the old library on the square.",
        "Fire destroyed the old hospital on the square.",
    ),
    (
        "The minister met the exporters after the vote.",
        "The minister met the exporters before the vote.",
    ),
    (
        "The company bought the smelter near the border.",
        "The company sold the smelter near the border.",
    ),
    (
        "Heavy rain stopped the harvest of wheat in the valley.",
        "Heavy rain stopped the harvest of maize in the valley.",
    ),
    ("The brother of the president owns the mine.", "The cousin of the president owns the mine."),
    (
        "More than 500 ships wait at the mouth of the canal.",
        "Fewer than 500 ships wait at the mouth of the canal.",
    ),
)

#: What was printed is still so.
COSMETIC: tuple[Pair, ...] = (
    # spacing and typography
    (
        "The central bank of Ostra raised its policy rate to 4 percent on Wednesday.",
        "The central bank of Ostra  raised its policy rate\nto 4 percent on Wednesday.",
    ),
    ("The mayor's office said it wouldn't appeal.", "The mayor’s office said it wouldn’t appeal."),
    ('"We are making progress," said Ines Halm.', "“We are making progress,” said Ines Halm."),
    (
        "Trade between Ostra and Vell - once brisk - has stopped.",
        "Trade between Ostra and Vell — once brisk — has stopped.",
    ),
    ("The talks lasted for 3-4 hours in Kalvik.", "The talks lasted for 3–4 hours in Kalvik."),
    ("The bank... said nothing of a cut in May.", "The bank… said nothing of a cut in May."),
    ("The cease-fire holds along the river.", "The ceasefire holds along the river."),
    (
        "The ﬁrst ships left the port of Sund at dawn.",
        "The first ships left the port of Sund at dawn.",
    ),
    ("The e-mail reached the ministry on Monday.", "The email reached the ministry on Monday."),
    ("Prices rose by 6.2\u00a0percent in a year.", "Prices rose by 6.2 percent in a year."),
    # commas and other points
    (
        "The foreign ministers met in Kalvik and will send ambassadors back by May.",
        "The foreign ministers met in Kalvik, and will send ambassadors back by May.",
    ),
    (
        "Eleven sailors were arrested, and the ship was brought to Tarn.",
        "Eleven sailors were arrested and the ship was brought to Tarn.",
    ),
    (
        "The union, which has 400 members, voted for the strike.",
        "The union - which has 400 members - voted for the strike.",
    ),
    (
        "The plan has three parts: ports, roads and rail.",
        "The plan has three parts: ports, roads, and rail.",
    ),
    ("Mr Tavi left the court by a side door.", "Mr. Tavi left the court by a side door."),
    ("The U.S. embassy in Sund is closed today.", "The US embassy in Sund is closed today."),
    (
        "He leads the party; his brother leads the union.",
        "He leads the party. His brother leads the union.",
    ),
    ("The ship (a tanker) ran aground off Sarn.", "The ship, a tanker, ran aground off Sarn."),
    ("The strait is open, the coastguard said.", "The strait is open, the coastguard said"),
    (
        "The order, worth €3bn, was the largest of the year.",
        "The order – worth €3bn – was the largest of the year.",
    ),
    # typing errors in ordinary words
    (
        "The minister recieved the envoys in the old palace.",
        "The minister received the envoys in the old palace.",
    ),
    (
        "The goverment will publish the figures in June.",
        "The government will publish the figures in June.",
    ),
    (
        "Dockworkers had asked for a clause on nihgt shifts.",
        "Dockworkers had asked for a clause on night shifts.",
    ),
    (
        "The commitee voted on the lease of two berths.",
        "The committee voted on the lease of two berths.",
    ),
    ("The comapny closed its mine near Kalvik.", "The company closed its mine near Kalvik."),
    (
        "A second vote is due once the the court has heard the appeal.",
        "A second vote is due once the court has heard the appeal.",
    ),
    (
        "The bridge was was closed to trucks on Monday.",
        "The bridge was closed to trucks on Monday.",
    ),
    ("The ministry annouced the plan in Sund.", "The ministry announced the plan in Sund."),
    (
        "Officials in the captial called the terms fair.",
        "Officials in the capital called the terms fair.",
    ),
    ("The harbour council voted on the lease.", "The harbor council voted on the lease."),
    (
        "The defence ministry will organise the transport.",
        "The defense ministry will organize the transport.",
    ),
    (
        "The programme covers all schools of the valley.",
        "The program covers all schools of the valley.",
    ),
    (
        "The centre of the storm passed Sarn at noon.",
        "The center of the storm passed Sarn at noon.",
    ),
    # capitals
    (
        "The Prime Minister met the exporters in Kalvik.",
        "The prime minister met the exporters in Kalvik.",
    ),
    (
        "the council of Port Ostra voted to lease two berths.",
        "The council of Port Ostra voted to lease two berths.",
    ),
    (
        "The Foreign Ministry said trucks may pass from Monday.",
        "The foreign ministry said trucks may pass from Monday.",
    ),
    ("NAVY OF VELL SEIZES SHIP WITH 400 RIFLES", "Navy of Vell seizes ship with 400 rifles"),
    (
        "Ministers will meet in the Spring, the Treasury said.",
        "Ministers will meet in the spring, the treasury said.",
    ),
    # the same number, date or unit written in another way
    ("The lease brings in $14 million a year.", "The lease brings in $14m a year."),
    ("Exports rose 4.2 percent in February.", "Exports rose 4.2% in February."),
    ("Exports rose 4.2 per cent in February.", "Exports rose 4.2 percent in February."),
    (
        "Twelve sailors were arrested in the port of Tarn.",
        "12 sailors were arrested in the port of Tarn.",
    ),
    ("The price rose to 3640 cedis a bag.", "The price rose to 3,640 cedis a bag."),
    ("The envoys will meet on 23 March in Lund.", "The envoys will meet on March 23 in Lund."),
    ("The fund holds 3.1 billion euros in bonds.", "The fund holds €3.1bn in bonds."),
    ("The road is 42 kilometres long.", "The road is 42 km long."),
    ("The talks begin on Mon., 16 Mar., in Sund.", "The talks begin on Monday, 16 March, in Sund."),
    (
        "The bank holds 1.5 billion crowns of the debt.",
        "The bank holds 1,500 million crowns of the debt.",
    ),
    ("The 2nd round begins at 6 p.m. in Sarn.", "The second round begins at 6 pm in Sarn."),
    (
        "It was the 21st attack of the year on the line.",
        "It was the twenty-first attack of the year on the line.",
    ),
    ("The pay rise of 5.0 percent begins in May.", "The pay rise of 5 percent begins in May."),
    # contractions and small words
    ("The ministry said it will not sell the hulls.", "The ministry said it won't sell the hulls."),
    ("The reactor cannot be restarted this year.", "The reactor can't be restarted this year."),
    ("The crew did not leave the ship.", "The crew didn't leave the ship."),
    (
        "Ostra has signed the treaty with its neighbors.",
        "Ostra signed the treaty with its neighbors.",
    ),
    ("The council said that the lease was fair.", "The council said the lease was fair."),
    ("The vote in the parliament is due in June.", "The vote in parliament is due in June."),
    ("Prices of houses are rising in Kalvik.", "Prices of houses have been rising in Kalvik."),
    # datelines, order and plain words
    (
        "KALVIK, March 11 (Halyard) - The navy of Vell seized a cargo ship on Thursday.",
        "SUND, March 12 (Halyard) - The navy of Vell seized a cargo ship on Thursday.",
    ),
    (
        "The navy of Vell seized a cargo ship on Thursday.",
        "KALVIK (Halyard) - The navy of Vell seized a cargo ship on Thursday.",
    ),
    (
        "On Thursday, the navy of Vell seized a cargo ship.",
        "The navy of Vell seized a cargo ship on Thursday.",
    ),
    ("Ostra and Vell signed the pact in Lund.", "Vell and Ostra signed the pact in Lund."),
    ("The strike ended on Friday, the union said.", "The strike ended on Friday, the union says."),
    (
        "A large crowd waited for the envoys at the port.",
        "A big crowd waited for the envoys at the port.",
    ),
    (
        "The talks will start in May in the old palace.",
        "The talks will begin in May in the old palace.",
    ),
    (
        "The ship was stopped about 40 miles off Sarn.",
        "The ship was stopped around 40 miles off Sarn.",
    ),
    ("Governor Ines Halm said that prices had risen.", "Governor Halm said that prices had risen."),
    (
        "The minister told reporters that the bridge was safe.",
        "The minister told journalists that the bridge was safe.",
    ),
    (
        "The court in Zürich heard the appeal of the crews.",
        "The court in Zurich heard the appeal of the crews.",
    ),
    (
        "Farmers were given new seed at the market.",
        "Farmers were given new seed at the village market.",
    ),
)


def kept_back(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return every second pair: those that the rules were not made on."""
    return pairs[1::2]


def tuned_on(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """Return the pairs that the rules were made on."""
    return pairs[::2]
