-- Purpose: every player of a slate without an active prediction, with exactly one reason.
-- Grain: game_date, missing_key.
-- Point in time: reads what the slate's own layers hold.

with context as (
    select
        game_date, game_id, universal_player_id, player_lookup, is_production_ready, not_ready_reason, avg_minutes_last_10,
        injury_status, last_played_date, completeness_pct, has_line
    from nba_analytics.upcoming_player_game_context
    where game_date between @start_date and @end_date
),

features as (
    select game_date, game_id, universal_player_id, data_quality_tier
    from nba_precompute.ml_feature_store
    where game_date between @start_date and @end_date
),

people as (
    select distinct universal_player_id, player_lookup from nba_reference.nba_players_registry
),

unresolved as (
    select game_date, player_lookup, player_name, reason, suggestions
    from nba_reference.unresolved_player_names
    where game_date between @start_date and @end_date and is_quoted
    qualify row_number() over (partition by game_date, player_lookup order by player_name, event_key) = 1
),

quoted as (
    select game_date, universal_player_id, max(game_id) as game_id, max(player_name) as player_name
    from nba_analytics.line_prices
    where game_date between @start_date and @end_date and universal_player_id is not null
    group by game_date, universal_player_id
),

predictions as (
    select
        game_date,
        game_id,
        universal_player_id,
        countif(is_active) as active_rows,
        max(prediction_error_code) as error_code
    from nba_predictions.player_prop_predictions
    where game_date between @start_date and @end_date
    group by game_date, game_id, universal_player_id
),

without_prediction as (
    select
        c.*,
        f.data_quality_tier,
        p.error_code
    from context as c
    left join features as f on f.game_id = c.game_id and f.universal_player_id = c.universal_player_id
    left join predictions as p on p.game_id = c.game_id and p.universal_player_id = c.universal_player_id
    where coalesce(p.active_rows, 0) = 0
),

of_context as (
    select
        game_date,
        universal_player_id as missing_key,
        player_lookup,
        universal_player_id,
        case
            when not is_production_ready then not_ready_reason
            when data_quality_tier is null then 'no_features'
            when data_quality_tier = 'critical' and error_code is not null then 'low_quality_features'
            when error_code is not null then 'system_error'
            else 'not_predicted_yet'
        end as reason,
        is_production_ready as is_expected,
        not is_production_ready as is_by_design,
        case
            when not is_production_ready and not_ready_reason = 'injured_out' then concat('listed ', injury_status)
            when not is_production_ready and not_ready_reason = 'incomplete_history'
                then concat('box scores of ', cast(cast(round(coalesce(completeness_pct, 0)) as int64) as string), ' % of the games its team played')
            when not is_production_ready
                then concat(
                    'no line; ', cast(cast(round(coalesce(avg_minutes_last_10, 0)) as int64) as string),
                    ' minutes a game, last played ', coalesce(cast(last_played_date as string), 'never')
                )
            when data_quality_tier is null then 'no game played in the 400 days before'
            when error_code is not null then concat('every system declined: ', error_code)
            else 'no batch with this player has been consolidated'
        end as detail
    from without_prediction
),

of_names as (
    select
        game_date,
        player_lookup as missing_key,
        player_lookup,
        cast(null as string) as universal_player_id,
        case
            when reason = 'combo' then 'combo_quote'
            when suggestions = '' then 'not_in_registry'
            else 'name_unresolved'
        end as reason,
        reason <> 'combo' as is_expected,
        reason = 'combo' as is_by_design,
        if(suggestions = '', concat('spelled ', player_name), concat('spelled ', player_name, '; candidates: ', suggestions)) as detail
    from unresolved
),

-- Quoted, resolved, and on neither roster as known before the date (a trade not yet seen), or in no scheduled game.
of_quotes as (
    select
        q.game_date,
        q.universal_player_id as missing_key,
        p.player_lookup,
        q.universal_player_id,
        if(q.game_id is null, 'void', 'no_context') as reason,
        false as is_expected,
        false as is_by_design,
        if(
            q.game_id is null,
            'quoted, but his team as of the date plays no scheduled game',
            'quoted, but on neither roster as known before the date'
        ) as detail
    from quoted as q
    inner join people as p on p.universal_player_id = q.universal_player_id
    left join context as c on c.game_date = q.game_date and c.universal_player_id = q.universal_player_id
    where c.universal_player_id is null
)

select game_date, missing_key, player_lookup, universal_player_id, reason, is_expected, is_by_design, detail from of_context
union all
select game_date, missing_key, player_lookup, universal_player_id, reason, is_expected, is_by_design, detail from of_names
union all
select game_date, missing_key, player_lookup, universal_player_id, reason, is_expected, is_by_design, detail from of_quotes
