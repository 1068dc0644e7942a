//! How columns share the width of a screen. Pure; nothing is drawn here.

use super::columns::Column;

/// What decides whether some columns are shown at all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// There is more than one namespace to tell apart.
    pub(super) many: bool,
    /// There is a policy.
    pub(super) judged: bool,
    /// The column by which lines are ordered: whoever orders by it wants to see it.
    pub(super) sorted: Option<usize>,
}

/// A column that found its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which of the view's columns.
    pub(super) column: usize,
    /// From the left border.
    pub(super) x: u16,
    pub(super) width: u16,
}

/// Cells before the first column: a margin, the mark, a space.
pub(super) const MARGIN: u16 = 3;
const GAP: u16 = 2;

/// The columns that find room in `width` cells, left to right. The important ones come in first,
/// at their usual width; what is left over goes to those that can use it.
pub(super) fn fit(columns: &[Column], width: u16, facts: Facts) -> Vec<Place> {
    let wanted = |at: &usize| columns[*at].shown && columns[*at].is_wanted(facts);
    let mut by_priority: Vec<usize> = (0..columns.len()).filter(wanted).collect();
    // The others give way to it as far as they can.
    let sorted = facts.sorted.filter(|sorted| {
        let first = by_priority.iter().filter(|at| columns[**at].priority == 0 || *at == sorted);
        let least: u16 = first.map(|at| columns[*at].width[0] + GAP).sum();
        MARGIN + least <= width + GAP
    });
    let priority = |at: usize| if Some(at) == sorted { 0 } else { columns[at].priority };
    by_priority.sort_by_key(|at| priority(*at));
    let mut widths: Vec<Option<u16>> = vec![None; columns.len()];
    let mut used = MARGIN.saturating_sub(GAP);
    for at in by_priority {
        let [_, usual, _] = columns[at].width;
        let sum = used.saturating_add(GAP + usual);
        if priority(at) > 0 && sum > width {
            break;
        }
        used = sum;
        widths[at] = Some(usual);
    }
    // One cell at a time keeps the shares even whatever the limits are.
    while used != width {
        let mut moved = false;
        for (column, given) in columns.iter().zip(&mut widths) {
            let (Some(given), [least, _, most]) = (given, column.width) else { continue };
            if used < width && *given < most {
                (*given, used, moved) = (*given + 1, used + 1, true);
            } else if used > width && *given > least {
                (*given, used, moved) = (*given - 1, used - 1, true);
            }
        }
        if !moved {
            break;
        }
    }
    let mut x = MARGIN;
    let mut places = Vec::with_capacity(columns.len());
    for (column, given) in widths.iter().enumerate() {
        if let Some(given) = *given {
            places.push(Place { column, x, width: given.min(width.saturating_sub(x)) });
            x = x.saturating_add(given + GAP);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::columns::of;
    use crate::tui::views::View;

    fn titles(view: View, width: u16) -> String {
        let columns = of(view);
        let places = fit(&columns, width, Facts::default());
        places.iter().map(|place| columns[place.column].title).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn narrow_screens_drop_the_less_important_columns() {
        for (view, width, expected) in [
            (View::Listeners, 40, "PROTO LOCAL OWNER"),
            (View::Listeners, 80, "PROTO LOCAL SCOPE OWNER SINCE"),
            (View::Listeners, 140, "PROTO LOCAL SCOPE OWNER USER SINCE QUEUE EXECUTABLE"),
            (View::Connections, 40, "REMOTE OWNER"),
            (View::Connections, 80, "STATE LOCAL REMOTE OWNER"),
            (View::Connections, 140, "PROTO STATE LOCAL REMOTE OWNER IN/S OUT/S RTT RETRANS SINCE"),
            (
                View::Connections,
                160,
                "PROTO STATE LOCAL REMOTE OWNER USER RECV-Q IN/S OUT/S RTT RETRANS SINCE",
            ),
            (View::Processes, 40, "PROCESS SOCKETS CONN"),
            (View::Processes, 80, "PROCESS SOCKETS LISTEN CONN IN/S OUT/S CPU %"),
            (View::Processes, 100, "PROCESS USER SOCKETS LISTEN CONN IN/S OUT/S CPU % MEMORY"),
            (View::Peers, 80, "PEER CONN CAME IN WENT OUT IN/S OUT/S"),
            (View::Unix, 80, "STATE NAME OWNER OTHER END"),
        ] {
            assert_eq!(titles(view, width), expected, "{view:?} {width}");
        }
    }

    #[test]
    fn the_column_of_the_order_is_seen_where_it_can_be() {
        let columns = of(View::Connections);
        let retrans = columns.iter().position(|column| column.key == "total_retrans");
        let facts = Facts { sorted: retrans, ..Facts::default() };
        for (width, seen) in [(40, false), (60, true), (80, true), (110, true)] {
            let places = fit(&columns, width, facts);
            assert_eq!(places.iter().any(|place| Some(place.column) == retrans), seen, "{width}");
        }
        let unsorted = fit(&columns, 110, Facts::default());
        assert!(unsorted.iter().all(|place| Some(place.column) != retrans), "it takes the order");
    }

    #[test]
    fn namespaces_have_a_column_where_there_are_many() {
        let columns = of(View::Listeners);
        let facts = |many| Facts { many, judged: true, sorted: None };
        let first = |many| columns[fit(&columns, 140, facts(many))[0].column].title;
        assert_eq!((first(false), first(true)), ("PROTO", "NAMESPACE"));
    }

    #[test]
    fn no_width_overflows_or_overlaps() {
        for view in View::ALL {
            let columns = of(view);
            for width in 0..400 {
                let sorted = Some(usize::from(width) % columns.len());
                let facts = Facts { many: width % 2 == 0, judged: width % 3 == 0, sorted };
                let places = fit(&columns, width, facts);
                for pair in places.windows(2) {
                    assert!(pair[0].x + pair[0].width <= pair[1].x, "{view:?} {width}");
                }
                let end = places.last().map_or(0, |place| place.x + place.width);
                assert!(end <= width.max(MARGIN + 60), "{view:?} {width}: {end}");
                if width >= 40 {
                    assert!(end <= width, "{view:?} {width}: {end}");
                }
            }
        }
    }
}
